import{a as o}from"/app/chunk-QJOYQHAI.js";import"/app/chunk-Q6QVYG55.js";export{o as Blur};
