import{c as o,d as r,e as m}from"/app/chunk-KM4NPNVF.js";import"/app/chunk-6RTKG4XT.js";import"/app/chunk-FC6SMYRJ.js";import"/app/chunk-LWPQLWFH.js";export{r as Doubt,o as about,m as tellOf};
