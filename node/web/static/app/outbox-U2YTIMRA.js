import{ta as o,ua as r,va as m,wa as p,xa as t}from"/app/chunk-QTEDZT4W.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
