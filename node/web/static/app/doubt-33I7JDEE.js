import{e as o,f as r,g as m}from"/app/chunk-TN5FKVD4.js";import"/app/chunk-GZNZ5PZZ.js";import"/app/chunk-RQP3PN2M.js";export{r as Doubt,o as about,m as tellOf};
