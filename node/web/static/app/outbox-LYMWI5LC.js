import{Ea as o,Fa as r,Ga as m,Ha as p,Ia as t}from"/app/chunk-ZTGIQNJJ.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
