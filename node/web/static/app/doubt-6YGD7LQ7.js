import{e as o,f as r,g as m}from"/app/chunk-GP6WODKF.js";import"/app/chunk-ST3ZUCMS.js";import"/app/chunk-QZUQVKY6.js";export{r as Doubt,o as about,m as tellOf};
