import{a as o,b as r}from"/app/chunk-3N53GLK4.js";import"/app/chunk-XT6BH7UI.js";export{o as foreseen,r as smaller};
