import{c as o,d as r,e as m}from"/app/chunk-A6IRURE2.js";import"/app/chunk-LN27LNWD.js";import"/app/chunk-SKMELC7Z.js";import"/app/chunk-CYRQ5CZS.js";export{r as Doubt,o as about,m as tellOf};
