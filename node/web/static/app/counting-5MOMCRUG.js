import{a as o,b as r}from"/app/chunk-C6OBL552.js";import"/app/chunk-5KN3BQAO.js";export{r as begin,o as count};
