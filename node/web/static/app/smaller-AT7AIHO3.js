import{a as o,b as r}from"/app/chunk-7DGKBXOF.js";import"/app/chunk-X3YOYTV5.js";export{o as foreseen,r as smaller};
