import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-ULSNSCUW.js";import"/app/chunk-FOG3UZPA.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
