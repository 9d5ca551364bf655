import{e as o,f as r,g as m}from"/app/chunk-GJCKZN3M.js";import"/app/chunk-MYLZNY4B.js";import"/app/chunk-YWZE4X77.js";export{r as Doubt,o as about,m as tellOf};
