import{a as o,b as r}from"/app/chunk-V64UHCWQ.js";import"/app/chunk-QFTNE4MZ.js";export{o as foreseen,r as smaller};
