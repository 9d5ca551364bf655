import{a as o,b as r}from"/app/chunk-UYPL42QY.js";import"/app/chunk-J3N5EWO4.js";export{o as foreseen,r as smaller};
