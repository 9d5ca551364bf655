import{a as o,b as r}from"/app/chunk-3L5A5A5Z.js";import"/app/chunk-QZUQVKY6.js";export{r as begin,o as count};
