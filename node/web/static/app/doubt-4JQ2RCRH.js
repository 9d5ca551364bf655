import{e as o,f as r,g as m}from"/app/chunk-H7HBMVHQ.js";import"/app/chunk-VV7LN2NQ.js";import"/app/chunk-HY2DZCZN.js";export{r as Doubt,o as about,m as tellOf};
