import{a as o,b as r}from"/app/chunk-B6ODXZFF.js";import"/app/chunk-AVUGCY47.js";export{o as foreseen,r as smaller};
