import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-LU6XV5E7.js";import"/app/chunk-QZUQVKY6.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
