import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-ZKNIIDOE.js";import"/app/chunk-4ILRLX6D.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
