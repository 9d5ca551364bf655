import{e as o,f as r,g as m}from"/app/chunk-DV7PB5MA.js";import"/app/chunk-Q3SIHMSX.js";import"/app/chunk-WSO6GSJF.js";export{r as Doubt,o as about,m as tellOf};
