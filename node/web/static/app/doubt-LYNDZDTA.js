import{e as o,f as r,g as m}from"/app/chunk-4OGRVQRD.js";import"/app/chunk-PYBVKIUU.js";import"/app/chunk-KOLZP27G.js";export{r as Doubt,o as about,m as tellOf};
