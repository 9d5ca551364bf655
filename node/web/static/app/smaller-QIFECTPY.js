import{a as o,b as r}from"/app/chunk-4GCPY2QA.js";import"/app/chunk-VTDTXCAZ.js";export{o as foreseen,r as smaller};
