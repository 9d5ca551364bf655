import{e as o,f as r,g as m}from"/app/chunk-X6WPMS6B.js";import"/app/chunk-3GUC5KAA.js";import"/app/chunk-WEH7SYGF.js";export{r as Doubt,o as about,m as tellOf};
