import{a as o,b as r}from"/app/chunk-NEGRZVPN.js";import"/app/chunk-TP7NPP3U.js";export{r as begin,o as count};
