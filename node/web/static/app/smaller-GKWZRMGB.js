import{a as o,b as r}from"/app/chunk-7SWHJ27W.js";import"/app/chunk-WW2WI5ZF.js";export{o as foreseen,r as smaller};
