import{c as o,d as r}from"/app/chunk-TUHRKO6K.js";import"/app/chunk-5HSG4FEF.js";import"/app/chunk-WNPV4XTD.js";export{o as Doubt,r as tellOf};
