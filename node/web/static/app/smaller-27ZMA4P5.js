import{a as o,b as r}from"/app/chunk-NCJACQ3W.js";import"/app/chunk-QHMSYTFF.js";export{o as foreseen,r as smaller};
