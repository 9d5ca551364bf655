import{a as o}from"/app/chunk-GBGHCB3F.js";import"/app/chunk-VXIVODFX.js";export{o as sayWritten};
