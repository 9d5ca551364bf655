import{a as o,b as r}from"/app/chunk-66RRXMQJ.js";import"/app/chunk-HNOESFRC.js";export{o as foreseen,r as smaller};
