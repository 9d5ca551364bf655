import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-4OKSF2CO.js";import"/app/chunk-D24DMQNS.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
