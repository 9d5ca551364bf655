import{e as o,f as r}from"/app/chunk-WL2M3QUN.js";import"/app/chunk-RPXFCHG2.js";import"/app/chunk-4VYIW7G7.js";export{o as Doubt,r as tellOf};
