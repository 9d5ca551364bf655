import{Ha as o,Ia as r,Ja as m,Ka as p,La as t}from"/app/chunk-U3JOVFUW.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
