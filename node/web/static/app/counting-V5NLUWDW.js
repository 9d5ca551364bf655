import{a as o,b as r}from"/app/chunk-3UHCUJRM.js";import"/app/chunk-WEH7SYGF.js";export{r as begin,o as count};
