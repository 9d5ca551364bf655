import{e as o,f as r,g as m}from"/app/chunk-TMQLMLX2.js";import"/app/chunk-AOEGQHBH.js";import"/app/chunk-U3FQP37K.js";export{r as Doubt,o as about,m as tellOf};
