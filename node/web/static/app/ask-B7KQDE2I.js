import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-UYDZ27SY.js";import"/app/chunk-IZM4XQWY.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
