import{a as o,b as r}from"/app/chunk-YZD6IG6D.js";import"/app/chunk-FY4HLBH5.js";export{o as foreseen,r as smaller};
