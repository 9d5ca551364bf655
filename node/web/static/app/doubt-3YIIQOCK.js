import{e as o,f as r,g as m}from"/app/chunk-53XGFGYW.js";import"/app/chunk-WHCVH5QH.js";import"/app/chunk-OPQ2ERC4.js";export{r as Doubt,o as about,m as tellOf};
