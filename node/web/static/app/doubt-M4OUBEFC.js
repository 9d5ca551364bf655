import{e as o,f as r,g as m}from"/app/chunk-FVZCFLDK.js";import"/app/chunk-JG2SRJJ3.js";import"/app/chunk-UQTCKGPL.js";export{r as Doubt,o as about,m as tellOf};
