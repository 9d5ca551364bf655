import{a as o,b as r}from"/app/chunk-ATQDYEC5.js";import"/app/chunk-5ISZHZQP.js";export{r as begin,o as count};
