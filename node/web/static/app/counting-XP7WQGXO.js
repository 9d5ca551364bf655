import{a as o,b as r}from"/app/chunk-5GNTMUYD.js";import"/app/chunk-UQTCKGPL.js";export{r as begin,o as count};
