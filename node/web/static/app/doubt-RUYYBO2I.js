import{e as o,f as r,g as m}from"/app/chunk-VLDWXTPQ.js";import"/app/chunk-MSMRP2BZ.js";import"/app/chunk-YKWJVD33.js";export{r as Doubt,o as about,m as tellOf};
