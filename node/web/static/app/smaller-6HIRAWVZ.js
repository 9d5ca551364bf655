import{a as o,b as r}from"/app/chunk-2SCZPLZQ.js";import"/app/chunk-7INPC6RA.js";export{o as foreseen,r as smaller};
