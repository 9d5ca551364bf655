import{a as o,b as r}from"/app/chunk-YMT77MKC.js";import"/app/chunk-LMZV7PSK.js";export{o as foreseen,r as smaller};
