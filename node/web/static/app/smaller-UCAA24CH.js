import{a as o,b as r}from"/app/chunk-ESU5QCA4.js";import"/app/chunk-HD7XUE2N.js";export{o as foreseen,r as smaller};
