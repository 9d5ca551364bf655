import{a as o}from"/app/chunk-WUAJGD2N.js";import"/app/chunk-RI64ORZT.js";export{o as sayWritten};
