import{a as o,b as r}from"/app/chunk-AO3RTHK4.js";import"/app/chunk-RI64ORZT.js";export{r as begin,o as count};
