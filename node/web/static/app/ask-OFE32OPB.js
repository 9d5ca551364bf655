import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-TZ3GW5UU.js";import"/app/chunk-HY2DZCZN.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
