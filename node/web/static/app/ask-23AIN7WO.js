import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-3GBBCQ7U.js";import"/app/chunk-RQP3PN2M.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
