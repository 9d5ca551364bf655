import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-4JGTA2VZ.js";import"/app/chunk-OCB2O67Q.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
