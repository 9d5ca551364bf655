import{a as o,b as r}from"/app/chunk-PM5TJQCA.js";import"/app/chunk-ZXG6G5NB.js";export{o as foreseen,r as smaller};
