import{a as o,b as r}from"/app/chunk-K4UMXDQV.js";import"/app/chunk-CBJH2TL5.js";export{r as begin,o as count};
