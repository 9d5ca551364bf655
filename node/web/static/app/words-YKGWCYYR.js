import{a as o}from"/app/chunk-IADN7B7O.js";import"/app/chunk-D24DMQNS.js";export{o as sayWritten};
