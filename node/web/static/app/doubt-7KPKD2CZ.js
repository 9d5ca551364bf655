import{e as o,f as r,g as m}from"/app/chunk-XKOGVQSV.js";import"/app/chunk-LTCFEJMO.js";import"/app/chunk-ZUQL3LVM.js";export{r as Doubt,o as about,m as tellOf};
