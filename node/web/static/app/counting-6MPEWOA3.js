import{a as o,b as r}from"/app/chunk-ZS7JDFM3.js";import"/app/chunk-RFGMXXXO.js";export{r as begin,o as count};
