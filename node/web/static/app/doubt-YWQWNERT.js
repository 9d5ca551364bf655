import{c as o,d as r}from"/app/chunk-EALCMNE5.js";import"/app/chunk-DVPGHUWN.js";import"/app/chunk-FY4HLBH5.js";export{o as Doubt,r as tellOf};
