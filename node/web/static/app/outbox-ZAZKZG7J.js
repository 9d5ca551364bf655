import{Ja as o,Ka as r,La as m,Ma as p,Na as t}from"/app/chunk-OPCYEWN6.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
