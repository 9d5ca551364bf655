import{j as e,q as o}from"/app/chunk-5Q6O4MDU.js";var t=e(null);async function m(){return t.value??=await o("GET","/node"),t.value}export{t as a,m as b};
