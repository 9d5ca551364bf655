import{h as e,o}from"/app/chunk-Z6YINA3Q.js";var t=e(null);async function m(){return t.value??=await o("GET","/node"),t.value}export{t as a,m as b};
