import{bc as a,cc as b}from"/app/chunk-UQWWWBNF.js";import"/app/chunk-GYYQOB6R.js";import"/app/chunk-VIQQ4YGE.js";export{b as OpenDevice,a as createVault};
