import{e as o,f as r,g as m}from"/app/chunk-6HXKWYNG.js";import"/app/chunk-PHJ2QYZ6.js";import"/app/chunk-ESXR4JVC.js";export{r as Doubt,o as about,m as tellOf};
