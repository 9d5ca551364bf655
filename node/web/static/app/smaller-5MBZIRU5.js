import{a as o,b as r}from"/app/chunk-KBSFPLOJ.js";import"/app/chunk-FCZUQXRB.js";export{o as foreseen,r as smaller};
