import{e as o,f as r}from"/app/chunk-HD5HIUJS.js";import"/app/chunk-BX4CJ4TA.js";import"/app/chunk-75JMIXZV.js";export{o as Doubt,r as tellOf};
