import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-AYL7ZRV5.js";import"/app/chunk-6FRIOUFV.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
