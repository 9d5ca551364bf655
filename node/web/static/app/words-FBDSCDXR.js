import{a as o}from"/app/chunk-E6ADUBNX.js";import"/app/chunk-B2LRE6BH.js";export{o as sayWritten};
