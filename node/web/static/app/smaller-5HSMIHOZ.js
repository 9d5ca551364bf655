import{a as o,b as r}from"/app/chunk-AV6S3ETG.js";import"/app/chunk-OPQ2ERC4.js";export{o as foreseen,r as smaller};
