import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-AC7GWI2V.js";import"/app/chunk-2DJWA3D7.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
