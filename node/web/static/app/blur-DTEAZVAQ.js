import{a as o}from"/app/chunk-EKVU3YQH.js";import"/app/chunk-XLUSG6BV.js";export{o as Blur};
