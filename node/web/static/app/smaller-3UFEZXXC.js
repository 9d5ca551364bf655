import{a as o,b as r}from"/app/chunk-RZ4GECXQ.js";import"/app/chunk-RBINUHFH.js";export{o as foreseen,r as smaller};
