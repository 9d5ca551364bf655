import{a as o}from"/app/chunk-QZKJ47YS.js";import"/app/chunk-ATRKRBBL.js";export{o as sayWritten};
