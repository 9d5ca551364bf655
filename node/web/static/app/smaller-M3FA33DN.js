import{a as o,b as r}from"/app/chunk-CCNU5735.js";import"/app/chunk-4VXUOZIN.js";export{o as foreseen,r as smaller};
