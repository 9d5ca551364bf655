import{e as o,f as r,g as m}from"/app/chunk-VGBD45NB.js";import"/app/chunk-YUY4ILZ7.js";import"/app/chunk-BIYCASDA.js";export{r as Doubt,o as about,m as tellOf};
