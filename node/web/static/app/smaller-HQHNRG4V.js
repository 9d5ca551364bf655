import{a as o,b as r}from"/app/chunk-AVJD2BDQ.js";import"/app/chunk-QZUQVKY6.js";export{o as foreseen,r as smaller};
