import{a as o,b as r}from"/app/chunk-MDWNYIKI.js";import"/app/chunk-UQTCKGPL.js";export{o as foreseen,r as smaller};
