import{a as o,b as r}from"/app/chunk-GY534QBD.js";import"/app/chunk-JIXBSIAY.js";export{o as foreseen,r as smaller};
