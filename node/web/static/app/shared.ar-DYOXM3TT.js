var b="\u0634\u0627\u0631\u0643\u0647 {name}",d={"shared.by":b};export{d as default,b as"shared.by"};
