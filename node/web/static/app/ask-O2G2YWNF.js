import{b as o,c as r,d as m,e as p,f as t}from"/app/chunk-JAWDAVTS.js";import"/app/chunk-A36OJBDV.js";export{m as Span,t as askMute,p as mute,o as mutesOfMine,r as unmute};
