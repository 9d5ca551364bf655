import{Ba as o,Ca as r,Da as m,Ea as p,Fa as t}from"/app/chunk-Z63FGO3L.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
