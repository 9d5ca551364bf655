import{N as a,O as b}from"/app/chunk-3HFDC6DB.js";import"/app/chunk-E5JFGXDX.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
