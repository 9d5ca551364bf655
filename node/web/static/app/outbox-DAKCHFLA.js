import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-WI4YVZ7L.js";import"/app/chunk-ZXG6G5NB.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
