import{e as o,f as r,g as m}from"/app/chunk-L3LV6N5G.js";import"/app/chunk-URQUP322.js";import"/app/chunk-ATRKRBBL.js";export{r as Doubt,o as about,m as tellOf};
