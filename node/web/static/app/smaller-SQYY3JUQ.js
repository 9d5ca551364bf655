import{a as o,b as r}from"/app/chunk-ENOHA6SD.js";import"/app/chunk-B2LRE6BH.js";export{o as foreseen,r as smaller};
