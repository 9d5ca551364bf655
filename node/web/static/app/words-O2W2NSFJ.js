import{a as o}from"/app/chunk-W3YSSAJF.js";import"/app/chunk-WIGTOYXV.js";export{o as sayWritten};
