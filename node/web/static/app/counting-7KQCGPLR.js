import{a as o,b as r}from"/app/chunk-QTSRCAHG.js";import"/app/chunk-QFTNE4MZ.js";export{r as begin,o as count};
