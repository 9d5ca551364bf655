import{e as o,f as r,g as m}from"/app/chunk-NARAGNTS.js";import"/app/chunk-UYZAALLX.js";import"/app/chunk-IVD5US3R.js";export{r as Doubt,o as about,m as tellOf};
