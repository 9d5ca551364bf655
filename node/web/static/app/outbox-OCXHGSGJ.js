import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-OFHSKEIM.js";import"/app/chunk-U3FQP37K.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
