import{a as o}from"/app/chunk-EPYSLSPC.js";import"/app/chunk-L2ZKEKPH.js";export{o as sayWritten};
