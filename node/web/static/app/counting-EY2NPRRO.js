import{a as o,b as r}from"/app/chunk-OZXUM43B.js";import"/app/chunk-KMSN5W6O.js";export{r as begin,o as count};
