import{a as o,b as r}from"/app/chunk-V5FEYXNL.js";import"/app/chunk-WLLZ4JGI.js";export{o as foreseen,r as smaller};
