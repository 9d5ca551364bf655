import{e as o,f as r,g as m}from"/app/chunk-QW4V3MJY.js";import"/app/chunk-RNO3QZ3I.js";import"/app/chunk-OCB2O67Q.js";export{r as Doubt,o as about,m as tellOf};
