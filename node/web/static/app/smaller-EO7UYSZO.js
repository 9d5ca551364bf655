import{a as o,b as r}from"/app/chunk-6EKICDZL.js";import"/app/chunk-WNPV4XTD.js";export{o as foreseen,r as smaller};
