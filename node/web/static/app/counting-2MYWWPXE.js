import{a as o,b as r}from"/app/chunk-EPOVPFNV.js";import"/app/chunk-2HDQJOO2.js";export{r as begin,o as count};
