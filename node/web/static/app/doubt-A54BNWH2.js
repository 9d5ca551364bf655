import{e as o,f as r,g as m}from"/app/chunk-5NHXRJ4D.js";import"/app/chunk-5V6HY4XM.js";import"/app/chunk-4LBP26QM.js";export{r as Doubt,o as about,m as tellOf};
