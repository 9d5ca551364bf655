import{a as o,b as r}from"/app/chunk-HSU2AVNJ.js";import"/app/chunk-U7X2HBAW.js";export{o as foreseen,r as smaller};
