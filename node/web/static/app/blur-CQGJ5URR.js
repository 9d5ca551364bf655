import{a as o}from"/app/chunk-SQCB4K4H.js";import"/app/chunk-IVD5US3R.js";export{o as Blur};
