import{a as o}from"/app/chunk-QPU2E7JC.js";import"/app/chunk-OCB2O67Q.js";export{o as sayWritten};
