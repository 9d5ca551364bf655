import{e as o,f as r,g as m}from"/app/chunk-WEKAP7LT.js";import"/app/chunk-BXO6QQCP.js";import"/app/chunk-52X4YP5V.js";export{r as Doubt,o as about,m as tellOf};
