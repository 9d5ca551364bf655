import{a as o,b as r}from"/app/chunk-MCAGGKGS.js";import"/app/chunk-75JMIXZV.js";export{o as foreseen,r as smaller};
