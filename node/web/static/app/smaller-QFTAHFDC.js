import{a as o,b as r}from"/app/chunk-JSGI634A.js";import"/app/chunk-RFGMXXXO.js";export{o as foreseen,r as smaller};
