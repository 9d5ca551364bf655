import{a as o,b as r}from"/app/chunk-SJ4VXJTJ.js";import"/app/chunk-FOG3UZPA.js";export{o as foreseen,r as smaller};
