import{X as i}from"/app/chunk-5KN3BQAO.js";var t=`
.album { display: grid; width: 100%; height: 100%; }
.album-strip { display: flex; width: 100%; height: 100%; margin: 0; padding: 0; list-style: none; overflow-x: auto; overflow-y: hidden; scroll-snap-type: x mandatory; scrollbar-width: none; }
.album-strip > li { flex: 0 0 100%; min-width: 0; height: 100%; display: grid; place-items: center; scroll-snap-align: center; }
.album-open { display: grid; place-items: center; width: 100%; height: 100%; padding: 0; border: 0; background: none; cursor: zoom-in; }
.album-open:focus-visible { outline: 3px solid var(--accent); outline-offset: -6px; }
.album-strip :is(img, video) { width: 100%; height: 100%; object-fit: contain; }
.album-strip .awaited { background: rgb(128 128 128 / 25%); }
.album-way { position: absolute; z-index: 2; inset-block-start: 45%; color: #fff; background: rgb(0 0 0 / 45%); }
.album-way.back { inset-inline-start: 0.5rem; }
.album-way.on { inset-inline-end: 0.5rem; }
.album-way.on .icon, :dir(rtl) .album-way.back .icon { transform: scaleX(-1); }
:dir(rtl) .album-way.on .icon { transform: none; }
.album-place { position: absolute; z-index: 2; inset-block-start: calc(3.75rem + var(--safe-top)); inset-inline-end: 0.75rem; margin: 0; padding: 0.15rem 0.6rem; border-radius: 99px; color: #fff; background: rgb(0 0 0 / 55%); font-size: 0.85rem; }
.zoom { width: 100vw; height: 100dvh; max-width: none; max-height: none; margin: 0; padding: 0; border: 0; color: #fff; background: #000; }
.zoom::backdrop { background: #000; }
.zoom-stage { display: grid; place-items: center; width: 100%; height: 100%; overflow: auto; }
.zoom-stage img { max-width: 100%; max-height: 100dvh; object-fit: contain; }
.zoom .round { position: absolute; color: #fff; background: rgb(0 0 0 / 55%); }
.zoom-close { inset-block-start: calc(0.5rem + var(--safe-top)); inset-inline-end: 0.5rem; }
.zoom-words { position: absolute; inset-inline: 0; inset-block-end: 0; max-height: 30dvh; margin: 0; padding: 0.75rem 1rem calc(0.75rem + var(--safe-bottom)); overflow-y: auto; overflow-wrap: anywhere; background: rgb(0 0 0 / 70%); }
.picked-pictures { display: grid; gap: 1rem; width: 100%; margin: 0; padding: 0; list-style: none; }
.picked-pictures > li { display: grid; grid-template-columns: 6rem minmax(0, 1fr); gap: 0.75rem; align-items: start; }
.picked-pictures img, .picked-pictures .blank { width: 6rem; height: 6rem; border-radius: var(--radius-small); object-fit: cover; background: var(--code); }
.face-field { display: grid; justify-items: start; gap: 0.5rem; margin-block-end: 1rem; border: 0; padding: 0; }
.face-field legend { font-weight: 650; }
.face-field img { border-radius: 50%; object-fit: cover; }
.face-field img.behind, .profile .behind { width: 100%; height: auto; max-height: 12rem; border-radius: var(--radius); object-fit: cover; }
.profile-links { display: grid; gap: 0.25rem; margin: 0; padding: 0; list-style: none; overflow-wrap: anywhere; }
`,r=!1;function n(){if(r)return;r=!0;let e=new CSSStyleSheet;e.replaceSync(t),document.adoptedStyleSheets.push(e)}var o={pick:"Choose pictures",more:"Add more pictures",list:"Pictures",shows:"What does picture {number} show?","shows.hint":"In words, for who cannot see it.",remove:"Take picture {number} away",sending:"Picture {number}: sent, {percent} %",making:"Picture {number}: your node makes it\u2026",ready:"Picture {number} is ready",many:"A post has at most {most} pictures: the others were left out.",one_kind:"A post has pictures or one video: the video was left out.",zoom:"Show larger: {words}",bare:"a picture without a description",previous:"Previous picture",next:"Next picture",place:"{number} of {most}",gone:"This picture cannot be shown.",face:"Your picture","face.choose":"Choose a picture","face.remove":"Take it away","face.making":"Your node makes it\u2026","face.ready":"It is ready: save your profile to show it.",header:"The picture behind your profile",links:"Links"};var m=i("pictures",o,{de:()=>import("/app/pictures.de-ETIVRGZJ.js"),es:()=>import("/app/pictures.es-VHKJ7PGV.js"),ar:()=>import("/app/pictures.ar-5IQUYA2P.js")});export{n as a,m as b};
