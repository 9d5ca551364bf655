import{a as o}from"/app/chunk-H4ICCDP7.js";import"/app/chunk-RFGMXXXO.js";export{o as sayWritten};
