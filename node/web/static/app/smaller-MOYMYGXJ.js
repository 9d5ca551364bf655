import{a as o,b as r}from"/app/chunk-XYFDW4PL.js";import"/app/chunk-4G6ATV7H.js";export{o as foreseen,r as smaller};
