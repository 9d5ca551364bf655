import{L as a,M as b}from"/app/chunk-6CPQL57E.js";import"/app/chunk-XZAMG3PU.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
