import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-HM2YI4ZQ.js";import"/app/chunk-Q6QVYG55.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
