import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-JMIQJAFS.js";import"/app/chunk-U3FQP37K.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
