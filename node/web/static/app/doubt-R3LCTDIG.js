import{e as o,f as r}from"/app/chunk-UL7ML3YH.js";import"/app/chunk-5FTMG5NJ.js";import"/app/chunk-7INPC6RA.js";export{o as Doubt,r as tellOf};
