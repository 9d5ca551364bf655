import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-3DIUB4CL.js";import"/app/chunk-A36OJBDV.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
