import{a as o,b as r}from"/app/chunk-PFIXJMCM.js";import"/app/chunk-YLGFLOK4.js";export{o as foreseen,r as smaller};
