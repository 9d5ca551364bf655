import{a as o,b as r}from"/app/chunk-PFFSLID3.js";import"/app/chunk-DYLRZXNP.js";export{o as foreseen,r as smaller};
