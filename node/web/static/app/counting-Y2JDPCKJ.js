import{a as o,b as r}from"/app/chunk-6BZWHLWF.js";import"/app/chunk-LMZV7PSK.js";export{r as begin,o as count};
