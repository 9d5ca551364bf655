import{a as o,b as r}from"/app/chunk-TU4HG27G.js";import"/app/chunk-52X4YP5V.js";export{o as foreseen,r as smaller};
