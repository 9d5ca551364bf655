import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-7AYDF4JD.js";import"/app/chunk-RQP3PN2M.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
