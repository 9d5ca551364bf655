import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-LG5IB43O.js";import"/app/chunk-IHICGQ2O.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
