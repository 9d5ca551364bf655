import{a as o,b as r}from"/app/chunk-BRLLW2EA.js";import"/app/chunk-4ILRLX6D.js";export{o as foreseen,r as smaller};
