import{e as o,f as r,g as m}from"/app/chunk-CLJ7BVMV.js";import"/app/chunk-XIX57S5C.js";import"/app/chunk-U3JOVFUW.js";export{r as Doubt,o as about,m as tellOf};
