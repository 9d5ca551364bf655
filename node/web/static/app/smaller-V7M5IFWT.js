import{a as o,b as r}from"/app/chunk-V7PZ74YN.js";import"/app/chunk-EIHDEAHK.js";export{o as foreseen,r as smaller};
