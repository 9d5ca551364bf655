import{a as o,b as r}from"/app/chunk-VNNYHUFF.js";import"/app/chunk-2DJWA3D7.js";export{r as begin,o as count};
