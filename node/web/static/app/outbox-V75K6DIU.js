import{sa as o,ta as r,ua as m,va as p,wa as t}from"/app/chunk-BJX4TDKR.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
