import{a as o,b as r}from"/app/chunk-RKZJ72RI.js";import"/app/chunk-ATRKRBBL.js";export{r as begin,o as count};
