import{a as o,b as r}from"/app/chunk-GU5QR2QV.js";import"/app/chunk-IYHZ7XDH.js";export{o as foreseen,r as smaller};
