import{a as o,b as r}from"/app/chunk-RED76VDN.js";import"/app/chunk-TP7NPP3U.js";export{o as foreseen,r as smaller};
