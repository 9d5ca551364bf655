import{a as o,b as r}from"/app/chunk-OCKJHFEQ.js";import"/app/chunk-KOLZP27G.js";export{o as foreseen,r as smaller};
