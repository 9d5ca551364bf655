import{a as o}from"/app/chunk-Q3I2QG33.js";import"/app/chunk-HNOESFRC.js";export{o as sayWritten};
