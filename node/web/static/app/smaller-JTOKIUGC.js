import{a as o,b as r}from"/app/chunk-SYC6RHHF.js";import"/app/chunk-MNLDIAEW.js";export{o as foreseen,r as smaller};
