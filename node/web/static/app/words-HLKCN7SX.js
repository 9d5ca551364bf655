import{a as o}from"/app/chunk-DTSMYVSA.js";import"/app/chunk-3XSTJ22L.js";export{o as sayWritten};
