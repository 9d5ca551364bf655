import{a as o,b as r}from"/app/chunk-3LURMDJX.js";import"/app/chunk-ZZM72NH6.js";export{o as foreseen,r as smaller};
