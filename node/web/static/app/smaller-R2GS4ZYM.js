import{a as o,b as r}from"/app/chunk-IQUOZUIP.js";import"/app/chunk-OMRCCUTL.js";export{o as foreseen,r as smaller};
