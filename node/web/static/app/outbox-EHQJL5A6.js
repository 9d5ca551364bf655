import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-K77EDHJ6.js";import"/app/chunk-HNOESFRC.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
