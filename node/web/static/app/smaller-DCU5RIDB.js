import{a as o,b as r}from"/app/chunk-SC4237LG.js";import"/app/chunk-MVTR3CVI.js";export{o as foreseen,r as smaller};
