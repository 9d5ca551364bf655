import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-NGV6HCGW.js";import"/app/chunk-IZM4XQWY.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
