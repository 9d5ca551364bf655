import{a as o,b as r}from"/app/chunk-KLYJOJ3F.js";import"/app/chunk-U3JOVFUW.js";export{o as foreseen,r as smaller};
