import{La as o,Ma as r,Na as m,Oa as p,Pa as t}from"/app/chunk-EIHDEAHK.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
