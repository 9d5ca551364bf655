import{e as o,f as r,g as m}from"/app/chunk-PTHPX3BG.js";import"/app/chunk-V6D6KFYT.js";import"/app/chunk-MNLDIAEW.js";export{r as Doubt,o as about,m as tellOf};
