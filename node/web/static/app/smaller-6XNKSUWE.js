import{a as o,b as r}from"/app/chunk-ES4LWMCJ.js";import"/app/chunk-5KN3BQAO.js";export{o as foreseen,r as smaller};
