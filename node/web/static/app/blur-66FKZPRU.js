import{a as o}from"/app/chunk-QUUGPYSD.js";import"/app/chunk-4ILRLX6D.js";export{o as Blur};
