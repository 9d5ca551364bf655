import{c as o,d as r}from"/app/chunk-Q3NPH62D.js";import"/app/chunk-AXTIYYEH.js";import"/app/chunk-4LKG5BJE.js";export{o as Doubt,r as tellOf};
