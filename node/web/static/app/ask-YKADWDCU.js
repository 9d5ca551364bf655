import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-TRVYSDS2.js";import"/app/chunk-CYRQ5CZS.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
