import{e as o,f as r,g as m}from"/app/chunk-EBKGNG4X.js";import"/app/chunk-TWVYWPPD.js";import"/app/chunk-5ISZHZQP.js";export{r as Doubt,o as about,m as tellOf};
