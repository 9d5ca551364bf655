import{a as o,b as r}from"/app/chunk-OMMZYHK4.js";import"/app/chunk-4LKG5BJE.js";export{o as foreseen,r as smaller};
