import{c as o,d as r}from"/app/chunk-A24V6I5G.js";import"/app/chunk-BUHMYJ2D.js";import"/app/chunk-RBINUHFH.js";export{o as Doubt,r as tellOf};
