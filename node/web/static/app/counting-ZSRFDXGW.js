import{a as o,b as r}from"/app/chunk-TD6T2JLI.js";import"/app/chunk-LWPQLWFH.js";export{r as begin,o as count};
