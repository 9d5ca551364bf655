import{j as e,q as o}from"/app/chunk-O63QWNJU.js";var t=e(null);async function m(){return t.value??=await o("GET","/node"),t.value}export{t as a,m as b};
