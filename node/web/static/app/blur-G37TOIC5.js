import{a as o}from"/app/chunk-BBIVJMVX.js";import"/app/chunk-CYRQ5CZS.js";export{o as Blur};
