import{a as o,b as r}from"/app/chunk-DNDAJKH6.js";import"/app/chunk-VXIVODFX.js";export{r as begin,o as count};
