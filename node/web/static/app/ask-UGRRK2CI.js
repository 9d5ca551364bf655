import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-CUGG2HXB.js";import"/app/chunk-LTB6T2DT.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
