import{a as o,b as r}from"/app/chunk-RFODT5GV.js";import"/app/chunk-CYRQ5CZS.js";export{o as foreseen,r as smaller};
