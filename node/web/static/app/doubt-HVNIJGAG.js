import{e as o,f as r,g as m}from"/app/chunk-UV6DUCFI.js";import"/app/chunk-WP5LSJPL.js";import"/app/chunk-EIHDEAHK.js";export{r as Doubt,o as about,m as tellOf};
