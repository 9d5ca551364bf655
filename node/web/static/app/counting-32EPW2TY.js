import{a as o,b as r}from"/app/chunk-RZNPZHUG.js";import"/app/chunk-IVD5US3R.js";export{r as begin,o as count};
