import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-QFV7AT2X.js";import"/app/chunk-KMSN5W6O.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
