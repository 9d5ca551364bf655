import{a as o,b as r}from"/app/chunk-JYHMSSJY.js";import"/app/chunk-47EFPRLB.js";export{o as foreseen,r as smaller};
