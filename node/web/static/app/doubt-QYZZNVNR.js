import{c as o,d as r,e as m}from"/app/chunk-UYYCCQF7.js";import"/app/chunk-TOOI4EWB.js";import"/app/chunk-7UHMNJEZ.js";import"/app/chunk-IZM4XQWY.js";export{r as Doubt,o as about,m as tellOf};
