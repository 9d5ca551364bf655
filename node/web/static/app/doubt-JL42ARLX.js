import{e as o,f as r,g as m}from"/app/chunk-RVWWJJ35.js";import"/app/chunk-PVYXSA5H.js";import"/app/chunk-HNOESFRC.js";export{r as Doubt,o as about,m as tellOf};
