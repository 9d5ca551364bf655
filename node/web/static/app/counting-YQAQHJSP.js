import{a as o,b as r}from"/app/chunk-XC3K3G7Z.js";import"/app/chunk-YWZE4X77.js";export{r as begin,o as count};
