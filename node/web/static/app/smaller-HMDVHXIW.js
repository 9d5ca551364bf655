import{a as o,b as r}from"/app/chunk-FRTUH6Y2.js";import"/app/chunk-IVD5US3R.js";export{o as foreseen,r as smaller};
