import{a as o,b as r}from"/app/chunk-I77DMMQO.js";import"/app/chunk-E6QU3KVC.js";export{o as foreseen,r as smaller};
