import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-ALBCBAJT.js";import"/app/chunk-ZXG6G5NB.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
