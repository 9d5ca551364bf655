import{e as o,f as r,g as m}from"/app/chunk-H3FXZHTV.js";import"/app/chunk-VEPT5URJ.js";import"/app/chunk-RI64ORZT.js";export{r as Doubt,o as about,m as tellOf};
