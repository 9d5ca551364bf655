import{a as o,b as r}from"/app/chunk-WKFZTHE4.js";import"/app/chunk-SXFMF4LZ.js";export{o as foreseen,r as smaller};
