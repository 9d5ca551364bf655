import{c as o,d as r}from"/app/chunk-EVJBJC2K.js";import"/app/chunk-GMY24DZQ.js";import"/app/chunk-IYHZ7XDH.js";export{o as Doubt,r as tellOf};
