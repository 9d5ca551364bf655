import{a as o,b as r}from"/app/chunk-TVYYIWC7.js";import"/app/chunk-3XSTJ22L.js";export{o as foreseen,r as smaller};
