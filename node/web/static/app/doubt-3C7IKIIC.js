import{e as o,f as r,g as m}from"/app/chunk-SEAXJKFP.js";import"/app/chunk-7W4HHGV7.js";import"/app/chunk-QFTNE4MZ.js";export{r as Doubt,o as about,m as tellOf};
