import{Ja as o,Ka as r,La as m,Ma as p,Na as t}from"/app/chunk-2DJWA3D7.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
