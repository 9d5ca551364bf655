import{e as o,f as r,g as m}from"/app/chunk-LNYRXWOG.js";import"/app/chunk-MHKBVQKC.js";import"/app/chunk-WIGTOYXV.js";export{r as Doubt,o as about,m as tellOf};
