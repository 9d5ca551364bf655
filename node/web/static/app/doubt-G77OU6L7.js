import{c as o,d as r}from"/app/chunk-OVMEVYOB.js";import"/app/chunk-SV3ME36V.js";import"/app/chunk-VTDTXCAZ.js";export{o as Doubt,r as tellOf};
