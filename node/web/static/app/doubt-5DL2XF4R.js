import{e as o,f as r}from"/app/chunk-6KUNNRPR.js";import"/app/chunk-5FSKY7Z2.js";import"/app/chunk-WLLZ4JGI.js";export{o as Doubt,r as tellOf};
