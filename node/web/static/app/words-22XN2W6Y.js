import{a as o}from"/app/chunk-MA5PZKQT.js";import"/app/chunk-QHMSYTFF.js";export{o as sayWritten};
