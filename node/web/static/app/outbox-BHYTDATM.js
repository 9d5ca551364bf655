import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-3JEKVYEA.js";import"/app/chunk-LM7X5IEU.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
