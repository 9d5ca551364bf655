import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-R3GJDF7D.js";import"/app/chunk-IVD5US3R.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
