import{a as o,b as r}from"/app/chunk-ZZVI2BLJ.js";import"/app/chunk-BIYCASDA.js";export{o as foreseen,r as smaller};
