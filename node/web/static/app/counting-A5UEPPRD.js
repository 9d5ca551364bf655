import{a as o,b as r}from"/app/chunk-BOXLAJXG.js";import"/app/chunk-A36OJBDV.js";export{r as begin,o as count};
