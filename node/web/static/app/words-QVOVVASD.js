import{a as o}from"/app/chunk-VBKZSI2E.js";import"/app/chunk-ZXG6G5NB.js";export{o as sayWritten};
