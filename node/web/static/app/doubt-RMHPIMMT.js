import{c as o,d as r,e as m}from"/app/chunk-SSMBDDH4.js";import"/app/chunk-4SXPLT6V.js";import"/app/chunk-B2Q3V4NC.js";import"/app/chunk-2I7YUZLO.js";export{r as Doubt,o as about,m as tellOf};
