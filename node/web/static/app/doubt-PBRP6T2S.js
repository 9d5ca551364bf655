import{c as o,d as r}from"/app/chunk-J776WEF3.js";import"/app/chunk-VP6S2TDC.js";import"/app/chunk-SXFMF4LZ.js";export{o as Doubt,r as tellOf};
