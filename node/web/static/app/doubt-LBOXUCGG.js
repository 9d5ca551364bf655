import{e as o,f as r,g as m}from"/app/chunk-WOXC7IO6.js";import"/app/chunk-IUZSKMSI.js";import"/app/chunk-XT6BH7UI.js";export{r as Doubt,o as about,m as tellOf};
