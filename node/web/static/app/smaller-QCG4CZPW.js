import{a as o,b as r}from"/app/chunk-IWJGUFFX.js";import"/app/chunk-HY2DZCZN.js";export{o as foreseen,r as smaller};
