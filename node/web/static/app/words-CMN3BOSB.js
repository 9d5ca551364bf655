import{a as o}from"/app/chunk-A4DNJAT5.js";import"/app/chunk-IVD5US3R.js";export{o as sayWritten};
