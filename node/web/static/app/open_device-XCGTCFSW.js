import{nc as a,oc as b}from"/app/chunk-ETIGLSUN.js";import"/app/chunk-6UAUNXG7.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
