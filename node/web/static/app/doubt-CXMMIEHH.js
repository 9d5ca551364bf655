import{e as o,f as r,g as m}from"/app/chunk-5OPWUSW3.js";import"/app/chunk-6UZUDE57.js";import"/app/chunk-5KN3BQAO.js";export{r as Doubt,o as about,m as tellOf};
