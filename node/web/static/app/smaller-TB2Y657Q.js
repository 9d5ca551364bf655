import{a as o,b as r}from"/app/chunk-I6IWPK6X.js";import"/app/chunk-DABBVGMD.js";export{o as foreseen,r as smaller};
