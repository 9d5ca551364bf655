import{e as o,f as r,g as m}from"/app/chunk-FKQU73NV.js";import"/app/chunk-E6EIBCGA.js";import"/app/chunk-3GZHV6CI.js";export{r as Doubt,o as about,m as tellOf};
