import{Ga as o,Ha as r,Ia as m,Ja as p,Ka as t}from"/app/chunk-J3N5EWO4.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
