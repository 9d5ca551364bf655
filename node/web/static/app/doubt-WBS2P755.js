import{e as o,f as r,g as m}from"/app/chunk-6PPDJWQ6.js";import"/app/chunk-KZX7TEZJ.js";import"/app/chunk-2HDQJOO2.js";export{r as Doubt,o as about,m as tellOf};
