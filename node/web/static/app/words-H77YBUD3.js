import{a as o}from"/app/chunk-WQNNE3HF.js";import"/app/chunk-VFBONL3H.js";export{o as sayWritten};
