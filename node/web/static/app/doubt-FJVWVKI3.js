import{e as o,f as r,g as m}from"/app/chunk-XHQD6HVV.js";import"/app/chunk-DMDQLKX2.js";import"/app/chunk-4VXUOZIN.js";export{r as Doubt,o as about,m as tellOf};
