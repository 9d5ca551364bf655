import{nc as a,oc as b}from"/app/chunk-HGKB3P6R.js";import"/app/chunk-WCSXYQK3.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
