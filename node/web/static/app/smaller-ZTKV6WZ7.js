import{a as o,b as r}from"/app/chunk-JLTLFLA6.js";import"/app/chunk-CTTKH5A5.js";export{o as foreseen,r as smaller};
