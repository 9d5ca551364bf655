import{a as o}from"/app/chunk-OFYOWUK7.js";import"/app/chunk-A36OJBDV.js";export{o as sayWritten};
