import{c as o,d as r}from"/app/chunk-WGRYMKYM.js";import"/app/chunk-GHJJJERF.js";import"/app/chunk-E63BQGSF.js";export{o as Doubt,r as tellOf};
