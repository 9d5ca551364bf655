import{a as o}from"/app/chunk-UB2K3UAH.js";import"/app/chunk-LTB6T2DT.js";export{o as sayWritten};
