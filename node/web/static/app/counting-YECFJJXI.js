import{a as o,b as r}from"/app/chunk-QIQWFTDS.js";import"/app/chunk-6OJUJXSA.js";export{r as begin,o as count};
