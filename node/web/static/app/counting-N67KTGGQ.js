import{a as o,b as r}from"/app/chunk-AKJML4TA.js";import"/app/chunk-VFBONL3H.js";export{r as begin,o as count};
