import{a as o,b as r}from"/app/chunk-MPGIVOMQ.js";import"/app/chunk-JM3NBY5N.js";export{o as foreseen,r as smaller};
