import{a as o}from"/app/chunk-MBIQ6C54.js";import"/app/chunk-ZXG6G5NB.js";export{o as Blur};
