import{a as o,b as r}from"/app/chunk-JTKMAZYK.js";import"/app/chunk-LM7X5IEU.js";export{o as foreseen,r as smaller};
