import{a as o,b as r}from"/app/chunk-DWK5E2QF.js";import"/app/chunk-FKISO67B.js";export{o as foreseen,r as smaller};
