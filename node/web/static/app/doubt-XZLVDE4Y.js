import{c as o,d as r,e as m}from"/app/chunk-PTBO57C2.js";import"/app/chunk-G4F2QUNL.js";import"/app/chunk-SC75N5WX.js";import"/app/chunk-ZXG6G5NB.js";export{r as Doubt,o as about,m as tellOf};
