import{e as o,f as r,g as m}from"/app/chunk-PLJFEEE6.js";import"/app/chunk-VUMBZXJK.js";import"/app/chunk-HD7XUE2N.js";export{r as Doubt,o as about,m as tellOf};
