import{bc as a,cc as b}from"/app/chunk-VFBE6L4O.js";import"/app/chunk-3PIXTYJQ.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
