import{e as o,f as r,g as m}from"/app/chunk-ZK2D67PL.js";import"/app/chunk-NEVWOFBO.js";import"/app/chunk-47EFPRLB.js";export{r as Doubt,o as about,m as tellOf};
