import{nc as a,oc as b}from"/app/chunk-FZU3ZJEJ.js";import"/app/chunk-GYYQOB6R.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
