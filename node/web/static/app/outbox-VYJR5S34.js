import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-7A4QKDLC.js";import"/app/chunk-LWPQLWFH.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
