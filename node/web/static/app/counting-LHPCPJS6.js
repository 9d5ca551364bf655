import{a as o,b as r}from"/app/chunk-BK6LEZDZ.js";import"/app/chunk-D24DMQNS.js";export{r as begin,o as count};
