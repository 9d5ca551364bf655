import{a as o,b as r}from"/app/chunk-PPF3OLXW.js";import"/app/chunk-6MKBQCPZ.js";export{o as foreseen,r as smaller};
