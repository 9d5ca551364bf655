import{a as o}from"/app/chunk-55IFMPKW.js";import"/app/chunk-IZM4XQWY.js";export{o as Blur};
