import{a as o,b as r}from"/app/chunk-TMULS56H.js";import"/app/chunk-HY2DZCZN.js";export{r as begin,o as count};
