import{a as o}from"/app/chunk-PWSIAQS4.js";import"/app/chunk-CBJH2TL5.js";export{o as sayWritten};
