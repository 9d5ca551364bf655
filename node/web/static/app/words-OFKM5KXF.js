import{a as o}from"/app/chunk-N5UDFO5M.js";import"/app/chunk-BMSBTEZO.js";export{o as sayWritten};
