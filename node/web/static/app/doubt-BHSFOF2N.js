import{c as o,d as r,e as m}from"/app/chunk-F3ZRN2NI.js";import"/app/chunk-HYFK26L4.js";import"/app/chunk-OXPAHGET.js";import"/app/chunk-4ILRLX6D.js";export{r as Doubt,o as about,m as tellOf};
