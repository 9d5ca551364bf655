import{nc as a,oc as b}from"/app/chunk-XDMAK7LQ.js";import"/app/chunk-XKCXKYTT.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
