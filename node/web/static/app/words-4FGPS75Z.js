import{a as o}from"/app/chunk-JZ2JHCNX.js";import"/app/chunk-BIYCASDA.js";export{o as sayWritten};
