import{e as o,f as r,g as m}from"/app/chunk-RFWC4MMV.js";import"/app/chunk-STJLULVT.js";import"/app/chunk-L2ZKEKPH.js";export{r as Doubt,o as about,m as tellOf};
