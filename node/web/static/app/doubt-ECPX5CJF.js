import{e as o,f as r}from"/app/chunk-4JPDT4ZF.js";import"/app/chunk-AJORU2SF.js";import"/app/chunk-AVUGCY47.js";export{o as Doubt,r as tellOf};
