import{c as o,d as r}from"/app/chunk-UY5ZBBC5.js";import"/app/chunk-LTYAA6AH.js";import"/app/chunk-OACWEAUT.js";export{o as Doubt,r as tellOf};
