import{a as o,b as r}from"/app/chunk-SVSJWHUW.js";import"/app/chunk-6FRIOUFV.js";export{r as begin,o as count};
