import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-UKOVB3MA.js";import"/app/chunk-LTB6T2DT.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
