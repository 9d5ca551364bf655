import{Ca as o,Da as r,Ea as m,Fa as p,Ga as t}from"/app/chunk-SXFMF4LZ.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
