import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-TUZRFNLG.js";import"/app/chunk-2I7YUZLO.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
