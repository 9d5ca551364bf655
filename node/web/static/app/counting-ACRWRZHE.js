import{a as o,b as r}from"/app/chunk-4IDXV7EJ.js";import"/app/chunk-DYLRZXNP.js";export{r as begin,o as count};
