import{e as o,f as r,g as m}from"/app/chunk-T3CQHOMO.js";import"/app/chunk-IN6NMFEA.js";import"/app/chunk-M7YUKYFL.js";export{r as Doubt,o as about,m as tellOf};
