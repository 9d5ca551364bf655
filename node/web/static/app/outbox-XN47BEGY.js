import{a as o,b as r,c as m,d as p,e as t}from"/app/chunk-IQ4TVW6T.js";import"/app/chunk-FOG3UZPA.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
