import{e as o,f as r,g as m}from"/app/chunk-EABWNIOD.js";import"/app/chunk-HZ2OWPUC.js";import"/app/chunk-B2LRE6BH.js";export{r as Doubt,o as about,m as tellOf};
