import{sa as o,ta as r,ua as m,va as p,wa as t}from"/app/chunk-XDEHO4L6.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
