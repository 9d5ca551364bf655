import{a as o,b as r}from"/app/chunk-YXR7VCTO.js";import"/app/chunk-IHICGQ2O.js";export{o as foreseen,r as smaller};
