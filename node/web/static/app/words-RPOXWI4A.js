import{a as o}from"/app/chunk-NYP3WRH4.js";import"/app/chunk-HY2DZCZN.js";export{o as sayWritten};
