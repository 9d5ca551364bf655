import{a as o,b as r}from"/app/chunk-2EPXSLHK.js";import"/app/chunk-2I7YUZLO.js";export{r as begin,o as count};
