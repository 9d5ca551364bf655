import{a as o,b as r}from"/app/chunk-EBNWT7XZ.js";import"/app/chunk-2DJWA3D7.js";export{o as foreseen,r as smaller};
