import{e as o,f as r,g as m}from"/app/chunk-7LILKN2E.js";import"/app/chunk-SXJLSTDM.js";import"/app/chunk-CTTKH5A5.js";export{r as Doubt,o as about,m as tellOf};
