import{a as o}from"/app/chunk-UG6GVIAR.js";import"/app/chunk-2HDQJOO2.js";export{o as sayWritten};
