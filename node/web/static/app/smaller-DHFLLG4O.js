import{a as o,b as r}from"/app/chunk-WDEMMKZL.js";import"/app/chunk-WH73IMTV.js";export{o as foreseen,r as smaller};
