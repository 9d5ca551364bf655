import{a as o,b as r}from"/app/chunk-X33OBPAB.js";import"/app/chunk-OACWEAUT.js";export{o as foreseen,r as smaller};
