import{a as o}from"/app/chunk-72OHGLUP.js";import"/app/chunk-U3FQP37K.js";export{o as sayWritten};
