import{a as o}from"/app/chunk-LBIUTKNC.js";import"/app/chunk-LWPQLWFH.js";export{o as Blur};
