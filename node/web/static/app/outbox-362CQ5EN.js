import{va as o,wa as r,xa as m,ya as p,za as t}from"/app/chunk-5JC7KNFZ.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
