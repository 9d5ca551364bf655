import{a as o,b as r}from"/app/chunk-5RXV7FEL.js";import"/app/chunk-B2LRE6BH.js";export{r as begin,o as count};
