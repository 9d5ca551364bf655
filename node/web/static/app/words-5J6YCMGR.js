import{a as o}from"/app/chunk-GQXI4JBZ.js";import"/app/chunk-OPQ2ERC4.js";export{o as sayWritten};
