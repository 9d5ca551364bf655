import{c as e,m as i}from"/app/chunk-ORMXIKSI.js";var d=new Set(["notice","friendship","reset"]);function f(n,t){e(()=>i.listen(o=>{o.is==="node"&&d.has(o.kind)&&n()}),t)}export{f as a};
