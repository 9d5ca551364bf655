import{a as o,b as r}from"/app/chunk-DYGN2KPX.js";import"/app/chunk-WEH7SYGF.js";export{o as foreseen,r as smaller};
