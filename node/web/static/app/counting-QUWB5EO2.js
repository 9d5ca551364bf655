import{a as o,b as r}from"/app/chunk-5T3TNGDZ.js";import"/app/chunk-4ILRLX6D.js";export{r as begin,o as count};
