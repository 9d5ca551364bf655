import{a as o,b as r}from"/app/chunk-NJH7E2CM.js";import"/app/chunk-2I7YUZLO.js";export{o as foreseen,r as smaller};
