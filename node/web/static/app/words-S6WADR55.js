import{a as o}from"/app/chunk-CXHF5HTS.js";import"/app/chunk-2I7YUZLO.js";export{o as sayWritten};
