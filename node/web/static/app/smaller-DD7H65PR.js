import{a as o,b as r}from"/app/chunk-VNH4CAQL.js";import"/app/chunk-LTB6T2DT.js";export{o as foreseen,r as smaller};
