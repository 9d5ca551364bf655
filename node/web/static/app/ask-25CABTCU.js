import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-DW6BCVS4.js";import"/app/chunk-WW2WI5ZF.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
