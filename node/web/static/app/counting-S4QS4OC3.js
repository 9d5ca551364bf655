import{a as o,b as r}from"/app/chunk-4K2ILIHH.js";import"/app/chunk-LM7X5IEU.js";export{r as begin,o as count};
