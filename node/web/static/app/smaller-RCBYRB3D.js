import{a as o,b as r}from"/app/chunk-77IXFBJA.js";import"/app/chunk-EODXQFE6.js";export{o as foreseen,r as smaller};
