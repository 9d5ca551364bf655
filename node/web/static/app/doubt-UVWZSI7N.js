import{e as o,f as r,g as m}from"/app/chunk-5ZE2CXKL.js";import"/app/chunk-BI3ZOIHZ.js";import"/app/chunk-6MKBQCPZ.js";export{r as Doubt,o as about,m as tellOf};
