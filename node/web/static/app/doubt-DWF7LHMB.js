import{e as o,f as r}from"/app/chunk-RL75I4RD.js";import"/app/chunk-2FQQ4XBH.js";import"/app/chunk-DABBVGMD.js";export{o as Doubt,r as tellOf};
