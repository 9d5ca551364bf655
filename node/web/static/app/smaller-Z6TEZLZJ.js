import{a as o,b as r}from"/app/chunk-RI4DAIL7.js";import"/app/chunk-Q6QVYG55.js";export{o as foreseen,r as smaller};
