import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-Q3VT5EIL.js";import"/app/chunk-QZUQVKY6.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
