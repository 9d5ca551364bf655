import{a as o}from"/app/chunk-JXZJAKI4.js";import"/app/chunk-XLUSG6BV.js";export{o as sayWritten};
