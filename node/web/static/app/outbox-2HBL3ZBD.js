import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-224CLQHP.js";import"/app/chunk-IHICGQ2O.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
