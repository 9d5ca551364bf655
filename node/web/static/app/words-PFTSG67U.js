import{a as o}from"/app/chunk-ZLAYJ6A4.js";import"/app/chunk-KMSN5W6O.js";export{o as sayWritten};
