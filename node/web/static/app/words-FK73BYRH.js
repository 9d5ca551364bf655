import{a as o}from"/app/chunk-VGSVGUCS.js";import"/app/chunk-YWZE4X77.js";export{o as sayWritten};
