import{a as o,b as r}from"/app/chunk-U6BL3PTC.js";import"/app/chunk-M7YUKYFL.js";export{r as begin,o as count};
