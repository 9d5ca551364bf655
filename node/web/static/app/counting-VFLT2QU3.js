import{a as o,b as r}from"/app/chunk-TZGMTFW3.js";import"/app/chunk-WIGTOYXV.js";export{r as begin,o as count};
