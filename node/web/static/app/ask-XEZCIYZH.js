import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-AMMXSZXZ.js";import"/app/chunk-KMSN5W6O.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
