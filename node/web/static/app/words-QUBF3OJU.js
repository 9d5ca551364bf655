import{a as o}from"/app/chunk-4MQL5GVB.js";import"/app/chunk-WW2WI5ZF.js";export{o as sayWritten};
