import{bc as a,cc as b}from"/app/chunk-THITD65F.js";import"/app/chunk-WCSXYQK3.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
