import{a as o,b as r}from"/app/chunk-X7S4VKOJ.js";import"/app/chunk-HD7XUE2N.js";export{r as begin,o as count};
