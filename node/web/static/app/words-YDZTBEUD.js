import{a as o}from"/app/chunk-U2I6PEV2.js";import"/app/chunk-IHICGQ2O.js";export{o as sayWritten};
