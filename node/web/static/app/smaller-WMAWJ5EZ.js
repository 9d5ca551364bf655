import{a as o,b as r}from"/app/chunk-MBNNSNS7.js";import"/app/chunk-RQP3PN2M.js";export{o as foreseen,r as smaller};
