import{e as o,f as r,g as m}from"/app/chunk-CSBJLFZD.js";import"/app/chunk-BR6LVSLQ.js";import"/app/chunk-J3N5EWO4.js";export{r as Doubt,o as about,m as tellOf};
