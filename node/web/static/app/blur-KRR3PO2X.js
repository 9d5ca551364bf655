import{a as o}from"/app/chunk-J5SQDZ2D.js";import"/app/chunk-D24DMQNS.js";export{o as Blur};
