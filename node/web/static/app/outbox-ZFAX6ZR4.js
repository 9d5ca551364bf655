import{Ja as o,Ka as r,La as m,Ma as p,Na as t}from"/app/chunk-4LBP26QM.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
