import{e as o,f as r,g as m}from"/app/chunk-4N2JNQCU.js";import"/app/chunk-SEAXYYMW.js";import"/app/chunk-FOG3UZPA.js";export{r as Doubt,o as about,m as tellOf};
