import{a as o,b as r}from"/app/chunk-LVRJIFHH.js";import"/app/chunk-IHICGQ2O.js";export{r as begin,o as count};
