import{c as o,d as r,e as m}from"/app/chunk-FYMU4QAX.js";import"/app/chunk-KVPHHBJP.js";import"/app/chunk-MV2X442W.js";import"/app/chunk-XLUSG6BV.js";export{r as Doubt,o as about,m as tellOf};
