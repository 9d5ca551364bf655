import{a as o,b as r}from"/app/chunk-XOH4LAE4.js";import"/app/chunk-SSUX5EKH.js";export{o as foreseen,r as smaller};
