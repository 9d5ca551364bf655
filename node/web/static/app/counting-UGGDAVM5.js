import{a as o,b as r}from"/app/chunk-DAIA7WCQ.js";import"/app/chunk-4VXUOZIN.js";export{r as begin,o as count};
