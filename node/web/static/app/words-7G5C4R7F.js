import{a as o}from"/app/chunk-5RHXWVLV.js";import"/app/chunk-RQP3PN2M.js";export{o as sayWritten};
