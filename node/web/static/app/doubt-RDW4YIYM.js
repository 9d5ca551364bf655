import{e as o,f as r,g as m}from"/app/chunk-MYWBHJH4.js";import"/app/chunk-QXBNKFIU.js";import"/app/chunk-BNE6OGE3.js";export{r as Doubt,o as about,m as tellOf};
