import{a as o,b as r}from"/app/chunk-ADO33OGE.js";import"/app/chunk-4VYIW7G7.js";export{o as foreseen,r as smaller};
