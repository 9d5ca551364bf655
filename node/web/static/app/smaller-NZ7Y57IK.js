import{a as o,b as r}from"/app/chunk-CN65Z7A4.js";import"/app/chunk-YWZE4X77.js";export{o as foreseen,r as smaller};
