import{a as o,b as r}from"/app/chunk-6KXV47FZ.js";import"/app/chunk-OPQ2ERC4.js";export{r as begin,o as count};
