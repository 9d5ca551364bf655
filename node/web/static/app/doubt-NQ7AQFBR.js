import{e as o,f as r,g as m}from"/app/chunk-ZUHZSQ6B.js";import"/app/chunk-IKXVV3FC.js";import"/app/chunk-QDB5F5T5.js";export{r as Doubt,o as about,m as tellOf};
