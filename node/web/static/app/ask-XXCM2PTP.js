import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-VEE5ZZHE.js";import"/app/chunk-XLUSG6BV.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
