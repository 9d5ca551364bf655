import{a as o}from"/app/chunk-G6GFXXM3.js";import"/app/chunk-UQTCKGPL.js";export{o as sayWritten};
