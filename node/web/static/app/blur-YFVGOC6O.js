import{a as o}from"/app/chunk-NHWU62DY.js";import"/app/chunk-CBJH2TL5.js";export{o as Blur};
