import{a as o,b as r}from"/app/chunk-FTMCN3RL.js";import"/app/chunk-FU44GNS6.js";export{o as foreseen,r as smaller};
