import{e as o,f as r,g as m}from"/app/chunk-KPPOP6FF.js";import"/app/chunk-3V2GQAE4.js";import"/app/chunk-VFBONL3H.js";export{r as Doubt,o as about,m as tellOf};
