import{a as o,b as r}from"/app/chunk-S6GHQAOW.js";import"/app/chunk-Z3RAZ72A.js";export{o as foreseen,r as smaller};
