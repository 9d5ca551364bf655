import{a as o}from"/app/chunk-F6EXDZVW.js";import"/app/chunk-WEH7SYGF.js";export{o as sayWritten};
