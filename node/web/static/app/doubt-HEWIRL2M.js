import{e as o,f as r,g as m}from"/app/chunk-QVUZW2D5.js";import"/app/chunk-27CNIXBZ.js";import"/app/chunk-Q6QVYG55.js";export{r as Doubt,o as about,m as tellOf};
