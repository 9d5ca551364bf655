import{a as o,b as r}from"/app/chunk-CH4JIAN6.js";import"/app/chunk-ESXR4JVC.js";export{o as foreseen,r as smaller};
