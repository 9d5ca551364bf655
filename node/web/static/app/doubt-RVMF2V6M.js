import{e as o,f as r,g as m}from"/app/chunk-EERIH2OL.js";import"/app/chunk-6ZOFWKPZ.js";import"/app/chunk-LTB6T2DT.js";export{r as Doubt,o as about,m as tellOf};
