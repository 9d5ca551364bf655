import{e as o,f as r,g as m}from"/app/chunk-UFTWGRZF.js";import"/app/chunk-KDDIQP6S.js";import"/app/chunk-WW2WI5ZF.js";export{r as Doubt,o as about,m as tellOf};
