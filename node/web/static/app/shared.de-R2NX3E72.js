var n="Geteilt von {name}",t={"shared.by":n};export{t as default,n as"shared.by"};
