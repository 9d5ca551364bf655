import{a as o}from"/app/chunk-5UGLPNXI.js";import"/app/chunk-2HDQJOO2.js";export{o as Blur};
