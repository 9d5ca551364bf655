import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-OI6URONW.js";import"/app/chunk-YWZE4X77.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
