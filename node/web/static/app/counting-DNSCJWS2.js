import{a as o,b as r}from"/app/chunk-OE6NZA5N.js";import"/app/chunk-QHMSYTFF.js";export{r as begin,o as count};
