import{c as o,d as r}from"/app/chunk-HRMTZ6K6.js";import"/app/chunk-33XA4BKP.js";import"/app/chunk-4G6ATV7H.js";export{o as Doubt,r as tellOf};
