import{a as o,b as r}from"/app/chunk-OCZ7F7FF.js";import"/app/chunk-U3FQP37K.js";export{o as foreseen,r as smaller};
