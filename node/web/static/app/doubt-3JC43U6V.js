import{c as o,d as r,e as m}from"/app/chunk-7MVQQZB2.js";import"/app/chunk-BLBKFR5M.js";import"/app/chunk-Q3PGZJ3J.js";import"/app/chunk-D24DMQNS.js";export{r as Doubt,o as about,m as tellOf};
