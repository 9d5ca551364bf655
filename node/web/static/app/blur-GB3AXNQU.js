import{a as o}from"/app/chunk-J6GUHI4E.js";import"/app/chunk-L2ZKEKPH.js";export{o as Blur};
