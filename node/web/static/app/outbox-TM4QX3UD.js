import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-C2XTZ3SO.js";import"/app/chunk-OPQ2ERC4.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
