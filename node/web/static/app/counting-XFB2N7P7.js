import{a as o,b as r}from"/app/chunk-E653ATBE.js";import"/app/chunk-IZM4XQWY.js";export{r as begin,o as count};
