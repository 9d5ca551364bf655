import{c as o,d as r}from"/app/chunk-XDPKIVI6.js";import"/app/chunk-QPNMBYRR.js";import"/app/chunk-UYO7OCPD.js";export{o as Doubt,r as tellOf};
