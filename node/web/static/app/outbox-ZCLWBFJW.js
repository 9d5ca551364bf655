import{Ka as o,La as r,Ma as m,Na as p,Oa as t}from"/app/chunk-WH73IMTV.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
