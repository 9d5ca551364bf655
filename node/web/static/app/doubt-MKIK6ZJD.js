import{e as o,f as r,g as m}from"/app/chunk-ID6BP6CI.js";import"/app/chunk-5CGHPTNC.js";import"/app/chunk-LMZV7PSK.js";export{r as Doubt,o as about,m as tellOf};
