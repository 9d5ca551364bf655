import{L as a,M as b}from"/app/chunk-6DBSBERW.js";import"/app/chunk-SDVLQ4HX.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
