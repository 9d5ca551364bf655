import{a as o,b as r}from"/app/chunk-CU7OZ2NH.js";import"/app/chunk-52X4YP5V.js";export{r as begin,o as count};
