import{a as o}from"/app/chunk-5QRJHQEN.js";import"/app/chunk-6FRIOUFV.js";export{o as sayWritten};
