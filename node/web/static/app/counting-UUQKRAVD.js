import{a as o,b as r}from"/app/chunk-Z6BPMCGO.js";import"/app/chunk-ZXG6G5NB.js";export{r as begin,o as count};
