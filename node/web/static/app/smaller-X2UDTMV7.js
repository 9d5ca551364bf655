import{a as o,b as r}from"/app/chunk-D6K622XI.js";import"/app/chunk-BNE6OGE3.js";export{o as foreseen,r as smaller};
