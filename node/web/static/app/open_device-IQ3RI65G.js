import{nc as a,oc as b}from"/app/chunk-J5GNV4IC.js";import"/app/chunk-UVIFGA4M.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
