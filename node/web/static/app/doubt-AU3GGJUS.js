import{e as o,f as r,g as m}from"/app/chunk-U5G6K4XR.js";import"/app/chunk-QZB5RD5H.js";import"/app/chunk-FKISO67B.js";export{r as Doubt,o as about,m as tellOf};
