import{a as o,b as r}from"/app/chunk-NKMOIGBG.js";import"/app/chunk-L2ZKEKPH.js";export{r as begin,o as count};
