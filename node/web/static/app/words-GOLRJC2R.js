import{a as o}from"/app/chunk-IM5624MO.js";import"/app/chunk-4ILRLX6D.js";export{o as sayWritten};
