import{e as o,f as r,g as m}from"/app/chunk-X5KOTA42.js";import"/app/chunk-YRVLR3S2.js";import"/app/chunk-CBJH2TL5.js";export{r as Doubt,o as about,m as tellOf};
