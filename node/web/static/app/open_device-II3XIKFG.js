import{bc as a,cc as b}from"/app/chunk-KGHUNBGK.js";import"/app/chunk-TN2FUMJN.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
