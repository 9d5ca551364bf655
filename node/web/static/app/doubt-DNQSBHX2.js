import{c as o,d as r}from"/app/chunk-FAUTXCUE.js";import"/app/chunk-NRKEBP4N.js";import"/app/chunk-FU44GNS6.js";export{o as Doubt,r as tellOf};
