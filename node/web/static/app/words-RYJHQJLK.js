import{Ia as o}from"/app/chunk-4VXUOZIN.js";export{o as sayWritten};
