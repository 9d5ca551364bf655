import{e as o,f as r,g as m}from"/app/chunk-75SXGLNU.js";import"/app/chunk-W4NYOSVF.js";import"/app/chunk-OPCYEWN6.js";export{r as Doubt,o as about,m as tellOf};
