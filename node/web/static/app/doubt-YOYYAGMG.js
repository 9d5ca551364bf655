import{e as o,f as r}from"/app/chunk-GJ6CLE3K.js";import"/app/chunk-RMPPMMBR.js";import"/app/chunk-Z3RAZ72A.js";export{o as Doubt,r as tellOf};
