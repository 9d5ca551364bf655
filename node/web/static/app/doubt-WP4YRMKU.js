import{e as o,f as r,g as m}from"/app/chunk-LRDJJKEJ.js";import"/app/chunk-DRPBMIV6.js";import"/app/chunk-DYLRZXNP.js";export{r as Doubt,o as about,m as tellOf};
