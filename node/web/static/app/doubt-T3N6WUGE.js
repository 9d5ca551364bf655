import{e as o,f as r,g as m}from"/app/chunk-5VEAM63G.js";import"/app/chunk-GJTP4C3I.js";import"/app/chunk-3XSTJ22L.js";export{r as Doubt,o as about,m as tellOf};
