import{a as o,b as r}from"/app/chunk-7ICWNKXC.js";import"/app/chunk-ZTGIQNJJ.js";export{o as foreseen,r as smaller};
