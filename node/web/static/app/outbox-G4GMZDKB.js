import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-YAQP5HFB.js";import"/app/chunk-6FRIOUFV.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
