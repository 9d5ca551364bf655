import{e as o,f as r,g as m}from"/app/chunk-PXGMCDCV.js";import"/app/chunk-N3TXW3JU.js";import"/app/chunk-QHMSYTFF.js";export{r as Doubt,o as about,m as tellOf};
