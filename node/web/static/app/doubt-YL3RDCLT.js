import{e as o,f as r,g as m}from"/app/chunk-OZQCYU27.js";import"/app/chunk-RMSSL3UO.js";import"/app/chunk-BMSBTEZO.js";export{r as Doubt,o as about,m as tellOf};
