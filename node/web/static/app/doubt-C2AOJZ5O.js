import{e as o,f as r,g as m}from"/app/chunk-RO6YFZDB.js";import"/app/chunk-C7DDAWMT.js";import"/app/chunk-E2LGLL3D.js";export{r as Doubt,o as about,m as tellOf};
