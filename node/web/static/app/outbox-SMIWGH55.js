import{Fa as o,Ga as r,Ha as m,Ia as p,Ja as t}from"/app/chunk-6MKBQCPZ.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
