import{a as o,b as r}from"/app/chunk-27RUZWJY.js";import"/app/chunk-OCB2O67Q.js";export{o as foreseen,r as smaller};
