import{e as o,f as r,g as m}from"/app/chunk-TVCOP5FD.js";import"/app/chunk-XBPFAPTG.js";import"/app/chunk-A36OJBDV.js";export{r as Doubt,o as about,m as tellOf};
