import{a as o,b as r}from"/app/chunk-VIBOGMDA.js";import"/app/chunk-ESXR4JVC.js";export{r as begin,o as count};
