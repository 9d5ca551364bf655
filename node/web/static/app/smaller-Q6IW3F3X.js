import{a as o,b as r}from"/app/chunk-KMQ3WZ6M.js";import"/app/chunk-QX4LJXTT.js";export{o as foreseen,r as smaller};
