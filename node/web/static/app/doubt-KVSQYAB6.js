import{e as o,f as r,g as m}from"/app/chunk-JR36BELL.js";import"/app/chunk-325IDYRH.js";import"/app/chunk-LZY5COGK.js";export{r as Doubt,o as about,m as tellOf};
