import{a as o,b as r}from"/app/chunk-SDOJW33E.js";import"/app/chunk-CBJH2TL5.js";export{o as foreseen,r as smaller};
