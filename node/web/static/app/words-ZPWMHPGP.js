import{a as o}from"/app/chunk-M4ERSZUO.js";import"/app/chunk-QZUQVKY6.js";export{o as sayWritten};
