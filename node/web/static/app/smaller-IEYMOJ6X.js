import{a as o,b as r}from"/app/chunk-42ASDVU7.js";import"/app/chunk-5ISZHZQP.js";export{o as foreseen,r as smaller};
