import{c as o,d as r}from"/app/chunk-ONSFRLOI.js";import"/app/chunk-MNEHMF5A.js";import"/app/chunk-U7X2HBAW.js";export{o as Doubt,r as tellOf};
