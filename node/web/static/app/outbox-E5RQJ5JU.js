import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-HV46BAKF.js";import"/app/chunk-5KN3BQAO.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
