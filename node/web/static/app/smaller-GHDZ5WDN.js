import{a as o,b as r}from"/app/chunk-42K66B3S.js";import"/app/chunk-WSO6GSJF.js";export{o as foreseen,r as smaller};
