import{a as o,b as r}from"/app/chunk-F3NV2C76.js";import"/app/chunk-FKISO67B.js";export{r as begin,o as count};
