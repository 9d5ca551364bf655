import{a as o,b as r}from"/app/chunk-CYRJE2NC.js";import"/app/chunk-BMSBTEZO.js";export{r as begin,o as count};
