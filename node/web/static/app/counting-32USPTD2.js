import{a as o,b as r}from"/app/chunk-OF4VJ6PB.js";import"/app/chunk-JM3NBY5N.js";export{r as begin,o as count};
