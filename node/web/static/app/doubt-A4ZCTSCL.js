import{c as o,d as r,e as m}from"/app/chunk-QM542DW4.js";import"/app/chunk-DKRBXQMV.js";import"/app/chunk-VFRIHMR3.js";import"/app/chunk-RFGMXXXO.js";export{r as Doubt,o as about,m as tellOf};
