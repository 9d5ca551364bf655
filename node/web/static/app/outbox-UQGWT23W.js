import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-RVRVSNBQ.js";import"/app/chunk-CYRQ5CZS.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
