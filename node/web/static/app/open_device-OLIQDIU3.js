import{bc as a,cc as b}from"/app/chunk-B7UNUO3Q.js";import"/app/chunk-WCSXYQK3.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
