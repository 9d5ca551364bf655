import{a as o,b as r}from"/app/chunk-VWVTSRJO.js";import"/app/chunk-ZUQL3LVM.js";export{o as foreseen,r as smaller};
