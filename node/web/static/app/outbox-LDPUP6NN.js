import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-C3MYE5UL.js";import"/app/chunk-3XSTJ22L.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
