import{a as o}from"/app/chunk-NZ7MIPH3.js";import"/app/chunk-KMSN5W6O.js";export{o as Blur};
