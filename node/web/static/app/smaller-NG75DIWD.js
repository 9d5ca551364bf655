import{a as o,b as r}from"/app/chunk-7GNFZ6PO.js";import"/app/chunk-6OJUJXSA.js";export{o as foreseen,r as smaller};
