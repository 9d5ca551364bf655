import{a as o}from"/app/chunk-KS23EIMH.js";import"/app/chunk-LMZV7PSK.js";export{o as sayWritten};
