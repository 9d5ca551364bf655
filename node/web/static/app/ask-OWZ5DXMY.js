import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-2PVTTACW.js";import"/app/chunk-LM7X5IEU.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
