import{a as o,b as r}from"/app/chunk-X6B2FMYG.js";import"/app/chunk-M7YUKYFL.js";export{o as foreseen,r as smaller};
