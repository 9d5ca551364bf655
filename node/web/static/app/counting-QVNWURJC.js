import{a as o,b as r}from"/app/chunk-XGAR7FYK.js";import"/app/chunk-WH73IMTV.js";export{r as begin,o as count};
