import{a as o,b as r}from"/app/chunk-LQ3DH3BX.js";import"/app/chunk-CYRQ5CZS.js";export{r as begin,o as count};
