import{a as o,b as r}from"/app/chunk-NPP2FVVH.js";import"/app/chunk-XLUSG6BV.js";export{o as foreseen,r as smaller};
