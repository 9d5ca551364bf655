function i(t,r){return t.startsWith(r)?t.slice(r.length).trimStart():t}export{i as a};
