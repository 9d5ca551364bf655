import{a as o,b as r}from"/app/chunk-CVRS54EB.js";import"/app/chunk-3GZHV6CI.js";export{o as foreseen,r as smaller};
