import{e as o,f as r,g as m}from"/app/chunk-76G4F3GZ.js";import"/app/chunk-73Y3B6TR.js";import"/app/chunk-TP7NPP3U.js";export{r as Doubt,o as about,m as tellOf};
