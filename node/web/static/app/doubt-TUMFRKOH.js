import{e as o,f as r,g as m}from"/app/chunk-GEMJPFGF.js";import"/app/chunk-C7CJSDHY.js";import"/app/chunk-EODXQFE6.js";export{r as Doubt,o as about,m as tellOf};
