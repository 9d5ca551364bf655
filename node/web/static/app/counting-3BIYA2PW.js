import{a as o,b as r}from"/app/chunk-5TILHRD6.js";import"/app/chunk-WW2WI5ZF.js";export{r as begin,o as count};
