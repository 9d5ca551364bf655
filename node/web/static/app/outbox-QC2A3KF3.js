import{Ja as o,Ka as r,La as m,Ma as p,Na as t}from"/app/chunk-52X4YP5V.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
