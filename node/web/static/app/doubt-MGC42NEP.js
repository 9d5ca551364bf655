import{e as o,f as r,g as m}from"/app/chunk-PNMORNG3.js";import"/app/chunk-EHTQHU4L.js";import"/app/chunk-LM7X5IEU.js";export{r as Doubt,o as about,m as tellOf};
