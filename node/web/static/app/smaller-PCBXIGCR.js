import{a as o,b as r}from"/app/chunk-H4WVCB2W.js";import"/app/chunk-BMSBTEZO.js";export{o as foreseen,r as smaller};
