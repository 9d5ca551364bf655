import{e as o,f as r}from"/app/chunk-DWMDN6UC.js";import"/app/chunk-YNREVMCR.js";import"/app/chunk-ZZM72NH6.js";export{o as Doubt,r as tellOf};
