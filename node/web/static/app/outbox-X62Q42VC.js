import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-NNSZLU5X.js";import"/app/chunk-LMZV7PSK.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
