import{a as o,b as r}from"/app/chunk-G6CAZMUP.js";import"/app/chunk-IZM4XQWY.js";export{o as foreseen,r as smaller};
