import{a as o,b as r}from"/app/chunk-G5TYELNE.js";import"/app/chunk-ATRKRBBL.js";export{o as foreseen,r as smaller};
