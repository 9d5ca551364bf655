import{a as o,b as r}from"/app/chunk-ERFPUXDO.js";import"/app/chunk-EIHDEAHK.js";export{r as begin,o as count};
