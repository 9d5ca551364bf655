import{a as o,b as r}from"/app/chunk-RWAK7EAF.js";import"/app/chunk-ZUQL3LVM.js";export{r as begin,o as count};
