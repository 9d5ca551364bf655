import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-AP2LUBGA.js";import"/app/chunk-XLUSG6BV.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
