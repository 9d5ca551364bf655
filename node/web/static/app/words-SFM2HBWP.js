import{a as o}from"/app/chunk-WKPINWNW.js";import"/app/chunk-LM7X5IEU.js";export{o as sayWritten};
