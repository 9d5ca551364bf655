import{e as o,f as r,g as m}from"/app/chunk-QKG3L7DY.js";import"/app/chunk-V5T2OVZJ.js";import"/app/chunk-6FRIOUFV.js";export{r as Doubt,o as about,m as tellOf};
