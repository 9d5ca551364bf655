import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-Z22HV3C6.js";import"/app/chunk-CBJH2TL5.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
