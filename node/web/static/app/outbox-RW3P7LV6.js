import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-KTUYATPL.js";import"/app/chunk-4ILRLX6D.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
