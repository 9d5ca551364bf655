import{a as o,b as r}from"/app/chunk-7EPQF5UX.js";import"/app/chunk-IGPUPSPH.js";export{o as foreseen,r as smaller};
