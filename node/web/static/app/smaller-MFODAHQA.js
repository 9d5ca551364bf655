import{a as o,b as r}from"/app/chunk-3UXRT2M6.js";import"/app/chunk-OPCYEWN6.js";export{o as foreseen,r as smaller};
