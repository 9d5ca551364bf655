import{e as o,f as r,g as m}from"/app/chunk-5DWGBTG3.js";import"/app/chunk-5BCS5FOJ.js";import"/app/chunk-IHICGQ2O.js";export{r as Doubt,o as about,m as tellOf};
