import{a as o,b as r}from"/app/chunk-HNVG2JKK.js";import"/app/chunk-6Z5J7K4W.js";export{o as foreseen,r as smaller};
