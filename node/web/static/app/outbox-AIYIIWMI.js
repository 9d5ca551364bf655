import{ua as o,va as r,wa as m,xa as p,ya as t}from"/app/chunk-FP45XFJ4.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
