import{a as o,b as r}from"/app/chunk-AOXCWU5E.js";import"/app/chunk-QDB5F5T5.js";export{o as foreseen,r as smaller};
