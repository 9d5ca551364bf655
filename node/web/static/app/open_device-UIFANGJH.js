import{bc as a,cc as b}from"/app/chunk-APMNVVLS.js";import"/app/chunk-UVIFGA4M.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
