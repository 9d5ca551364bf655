import{e as o,f as r,g as m}from"/app/chunk-CTAXUPET.js";import"/app/chunk-OP2BYZDA.js";import"/app/chunk-JIXBSIAY.js";export{r as Doubt,o as about,m as tellOf};
