import{a as o,b as r}from"/app/chunk-HDZYCRZY.js";import"/app/chunk-OPCYEWN6.js";export{r as begin,o as count};
