import{a as o,b as r}from"/app/chunk-ZULN3EXW.js";import"/app/chunk-4LBP26QM.js";export{r as begin,o as count};
