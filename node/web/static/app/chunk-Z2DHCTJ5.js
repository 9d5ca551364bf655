import{i as e,p as o}from"/app/chunk-LEPQNPWE.js";var t=e(null);async function m(){return t.value??=await o("GET","/node"),t.value}export{t as a,m as b};
