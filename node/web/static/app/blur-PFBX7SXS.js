import{a as o}from"/app/chunk-JJLDCBPL.js";import"/app/chunk-RFGMXXXO.js";export{o as Blur};
