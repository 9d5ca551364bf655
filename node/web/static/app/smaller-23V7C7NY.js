import{a as o,b as r}from"/app/chunk-AXXFKSLG.js";import"/app/chunk-VFBONL3H.js";export{o as foreseen,r as smaller};
