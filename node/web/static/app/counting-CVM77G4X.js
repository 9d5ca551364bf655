import{a as o,b as r}from"/app/chunk-ZPMAIUUY.js";import"/app/chunk-YLGFLOK4.js";export{r as begin,o as count};
