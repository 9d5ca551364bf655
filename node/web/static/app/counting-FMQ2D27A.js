import{a as o,b as r}from"/app/chunk-K45VFGP7.js";import"/app/chunk-Q6QVYG55.js";export{r as begin,o as count};
