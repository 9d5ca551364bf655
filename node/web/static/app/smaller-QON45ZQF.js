import{a as o,b as r}from"/app/chunk-JMDW6MLJ.js";import"/app/chunk-LZY5COGK.js";export{o as foreseen,r as smaller};
