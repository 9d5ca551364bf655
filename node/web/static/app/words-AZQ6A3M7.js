import{a as o}from"/app/chunk-PIM5GPN3.js";import"/app/chunk-Q6QVYG55.js";export{o as sayWritten};
