import{a as o}from"/app/chunk-KCJJ224A.js";import"/app/chunk-FOG3UZPA.js";export{o as sayWritten};
