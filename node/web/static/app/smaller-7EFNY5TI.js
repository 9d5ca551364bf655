import{a as o,b as r}from"/app/chunk-W63F7JIH.js";import"/app/chunk-E2LGLL3D.js";export{o as foreseen,r as smaller};
