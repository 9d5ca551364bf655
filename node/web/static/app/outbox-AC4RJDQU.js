import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-B3TDFBON.js";import"/app/chunk-WW2WI5ZF.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
