import{e as o,f as r,g as m}from"/app/chunk-XLIDJBAU.js";import"/app/chunk-6E4W4D2J.js";import"/app/chunk-KMSN5W6O.js";export{r as Doubt,o as about,m as tellOf};
