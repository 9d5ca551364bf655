import{e as o,f as r,g as m}from"/app/chunk-5BXQI3XP.js";import"/app/chunk-TSDIL446.js";import"/app/chunk-WH73IMTV.js";export{r as Doubt,o as about,m as tellOf};
