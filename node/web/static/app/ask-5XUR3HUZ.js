import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-6CJ2JQUZ.js";import"/app/chunk-HNOESFRC.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
