import{a as o,b as r}from"/app/chunk-BH4G3EDP.js";import"/app/chunk-YKWJVD33.js";export{o as foreseen,r as smaller};
