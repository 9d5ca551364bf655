import{a as o,b as r}from"/app/chunk-B6P2MEW6.js";import"/app/chunk-OCB2O67Q.js";export{r as begin,o as count};
