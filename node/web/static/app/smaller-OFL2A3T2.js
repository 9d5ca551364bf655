import{a as o,b as r}from"/app/chunk-ANG2UQKM.js";import"/app/chunk-4LBP26QM.js";export{o as foreseen,r as smaller};
