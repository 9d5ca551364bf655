import{a as o,b as r}from"/app/chunk-SR7SAZ4E.js";import"/app/chunk-D24DMQNS.js";export{o as foreseen,r as smaller};
