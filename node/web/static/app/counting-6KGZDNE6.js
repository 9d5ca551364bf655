import{a as o,b as r}from"/app/chunk-3VNIKKPT.js";import"/app/chunk-FOG3UZPA.js";export{r as begin,o as count};
