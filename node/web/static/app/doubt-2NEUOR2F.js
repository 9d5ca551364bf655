import{e as o,f as r,g as m}from"/app/chunk-MU5HXNHM.js";import"/app/chunk-FSOHGGCI.js";import"/app/chunk-2DJWA3D7.js";export{r as Doubt,o as about,m as tellOf};
