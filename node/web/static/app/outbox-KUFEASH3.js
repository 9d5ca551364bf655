import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-4ZK655KO.js";import"/app/chunk-B2LRE6BH.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
