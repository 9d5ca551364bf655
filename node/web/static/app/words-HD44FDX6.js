import{a as o}from"/app/chunk-MTYY4ACQ.js";import"/app/chunk-5KN3BQAO.js";export{o as sayWritten};
