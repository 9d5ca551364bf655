import{c as o,d as r,e as m}from"/app/chunk-KELAVX63.js";import"/app/chunk-QBEVNACA.js";import"/app/chunk-7CAOFVYT.js";import"/app/chunk-VXIVODFX.js";export{r as Doubt,o as about,m as tellOf};
