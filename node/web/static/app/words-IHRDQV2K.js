import{a as o}from"/app/chunk-ZLZV2DL6.js";import"/app/chunk-LWPQLWFH.js";export{o as sayWritten};
