import{a as o}from"/app/chunk-GACMENRK.js";import"/app/chunk-IZM4XQWY.js";export{o as sayWritten};
