import{bc as a,cc as b}from"/app/chunk-ONLPHGAB.js";import"/app/chunk-NUC5T3SA.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
