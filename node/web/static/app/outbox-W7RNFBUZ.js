import{Da as o,Ea as r,Fa as m,Ga as p,Ha as t}from"/app/chunk-YKWJVD33.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
