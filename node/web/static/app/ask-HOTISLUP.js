import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-WH3WO6SL.js";import"/app/chunk-VFBONL3H.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
