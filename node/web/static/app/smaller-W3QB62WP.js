import{a as o,b as r}from"/app/chunk-P666ZR4D.js";import"/app/chunk-L2ZKEKPH.js";export{o as foreseen,r as smaller};
