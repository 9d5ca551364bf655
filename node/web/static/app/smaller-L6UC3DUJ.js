import{a as o,b as r}from"/app/chunk-UUJF7YOC.js";import"/app/chunk-6FRIOUFV.js";export{o as foreseen,r as smaller};
