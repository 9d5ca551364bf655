import{a as o,b as r}from"/app/chunk-BCZZYZWM.js";import"/app/chunk-RQP3PN2M.js";export{r as begin,o as count};
