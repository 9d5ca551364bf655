import{a as o,b as r}from"/app/chunk-GFADVMR4.js";import"/app/chunk-XLUSG6BV.js";export{r as begin,o as count};
