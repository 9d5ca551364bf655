import{a as o,b as r}from"/app/chunk-C3N2OECC.js";import"/app/chunk-E63BQGSF.js";export{o as foreseen,r as smaller};
