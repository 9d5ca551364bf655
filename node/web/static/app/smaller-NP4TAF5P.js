import{a as o,b as r}from"/app/chunk-24SO3MG4.js";import"/app/chunk-WIGTOYXV.js";export{o as foreseen,r as smaller};
