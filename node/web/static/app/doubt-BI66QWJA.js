import{e as o,f as r}from"/app/chunk-QMAQBGMW.js";import"/app/chunk-GJKERMRZ.js";import"/app/chunk-IGPUPSPH.js";export{o as Doubt,r as tellOf};
