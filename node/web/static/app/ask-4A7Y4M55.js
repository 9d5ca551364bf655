import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-XOSOU7DE.js";import"/app/chunk-YWZE4X77.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
