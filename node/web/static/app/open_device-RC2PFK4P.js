import{L as a,M as b}from"/app/chunk-ZCOBFITK.js";import"/app/chunk-MAT2VTSH.js";import"/app/chunk-VIQQ4YGE.js";import"/app/chunk-BC466V47.js";export{b as OpenDevice,a as createVault};
