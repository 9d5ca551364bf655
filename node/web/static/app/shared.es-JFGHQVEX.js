var r="Compartido por {name}",d={"shared.by":r};export{d as default,r as"shared.by"};
