import{a as o,b as r}from"/app/chunk-TXFAMBYG.js";import"/app/chunk-HNOESFRC.js";export{r as begin,o as count};
