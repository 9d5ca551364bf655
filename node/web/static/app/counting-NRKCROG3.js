import{a as o,b as r}from"/app/chunk-D47Q7JNS.js";import"/app/chunk-3XSTJ22L.js";export{r as begin,o as count};
