import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-4TUUTYP5.js";import"/app/chunk-Q6QVYG55.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
