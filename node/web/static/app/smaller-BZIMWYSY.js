import{a as o,b as r}from"/app/chunk-VWK63J6T.js";import"/app/chunk-KMSN5W6O.js";export{o as foreseen,r as smaller};
