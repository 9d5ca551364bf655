import{a as o}from"/app/chunk-EMAODZR6.js";import"/app/chunk-CYRQ5CZS.js";export{o as sayWritten};
