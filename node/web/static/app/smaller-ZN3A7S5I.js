import{a as o,b as r}from"/app/chunk-HZFHBVD5.js";import"/app/chunk-VXIVODFX.js";export{o as foreseen,r as smaller};
