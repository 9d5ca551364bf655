import{a as o,b as r}from"/app/chunk-3ENY5QWD.js";import"/app/chunk-U3FQP37K.js";export{r as begin,o as count};
