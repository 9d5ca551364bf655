import{e as o,f as r,g as m}from"/app/chunk-YFY3FJWW.js";import"/app/chunk-F4SRJ62C.js";import"/app/chunk-YLGFLOK4.js";export{r as Doubt,o as about,m as tellOf};
