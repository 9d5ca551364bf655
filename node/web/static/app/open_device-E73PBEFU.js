import{nc as a,oc as b}from"/app/chunk-LTJPE3KU.js";import"/app/chunk-TBEYZMS2.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
