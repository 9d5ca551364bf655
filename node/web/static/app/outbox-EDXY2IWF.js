import{Da as o,Ea as r,Fa as m,Ga as p,Ha as t}from"/app/chunk-QDB5F5T5.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
