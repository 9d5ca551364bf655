import{a as o,b as r}from"/app/chunk-OFOU7IAY.js";import"/app/chunk-UYO7OCPD.js";export{o as foreseen,r as smaller};
