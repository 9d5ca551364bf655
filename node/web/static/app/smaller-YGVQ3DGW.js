import{a as o,b as r}from"/app/chunk-DCES5DNL.js";import"/app/chunk-Z63FGO3L.js";export{o as foreseen,r as smaller};
