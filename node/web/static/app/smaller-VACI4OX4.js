import{a as o,b as r}from"/app/chunk-SHDVHBZW.js";import"/app/chunk-A36OJBDV.js";export{o as foreseen,r as smaller};
