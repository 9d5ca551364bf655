import{a as o,b as r}from"/app/chunk-3KN57KU4.js";import"/app/chunk-2HDQJOO2.js";export{o as foreseen,r as smaller};
