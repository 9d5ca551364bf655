import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-SBNDMG7B.js";import"/app/chunk-B2LRE6BH.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
