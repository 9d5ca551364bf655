import{a as o,b as r}from"/app/chunk-3VYHK3I6.js";import"/app/chunk-RI64ORZT.js";export{o as foreseen,r as smaller};
