import{a as o,b as r}from"/app/chunk-RVANBVQ7.js";import"/app/chunk-LTB6T2DT.js";export{r as begin,o as count};
