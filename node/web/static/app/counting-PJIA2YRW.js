import{a as o,b as r}from"/app/chunk-G42FAESN.js";import"/app/chunk-WSO6GSJF.js";export{r as begin,o as count};
