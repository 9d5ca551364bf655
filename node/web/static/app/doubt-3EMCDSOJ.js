import{e as o,f as r,g as m}from"/app/chunk-QC7RFN2E.js";import"/app/chunk-THG6CDJ5.js";import"/app/chunk-JM3NBY5N.js";export{r as Doubt,o as about,m as tellOf};
