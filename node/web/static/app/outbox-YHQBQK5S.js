import{Aa as m,Ba as p,Ca as t,ya as o,za as r}from"/app/chunk-O5AKDXBQ.js";export{t as begin,o as dropAllOf,p as flush,r as isAway,m as keepForLater};
