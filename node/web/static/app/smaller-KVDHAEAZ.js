import{a as o,b as r}from"/app/chunk-QEXK3BS6.js";import"/app/chunk-LWPQLWFH.js";export{o as foreseen,r as smaller};
