import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-YXMW4H35.js";import"/app/chunk-CBJH2TL5.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
