import{e as o,f as r,g as m}from"/app/chunk-Y3JR5CN5.js";import"/app/chunk-6XGW5XDA.js";import"/app/chunk-6OJUJXSA.js";export{r as Doubt,o as about,m as tellOf};
