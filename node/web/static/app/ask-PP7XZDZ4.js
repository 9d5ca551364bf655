import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-BAKL7HLU.js";import"/app/chunk-OCB2O67Q.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
