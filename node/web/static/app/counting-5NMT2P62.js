import{a as o,b as r}from"/app/chunk-OLPGURJT.js";import"/app/chunk-BIYCASDA.js";export{r as begin,o as count};
