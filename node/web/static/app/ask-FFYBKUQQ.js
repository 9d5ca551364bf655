import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-D4GI47D5.js";import"/app/chunk-5KN3BQAO.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
