import{L as a,M as b}from"/app/chunk-4Z5HZBAD.js";import"/app/chunk-TP7SYA5D.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
