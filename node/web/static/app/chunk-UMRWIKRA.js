<<<<<<< HEAD:node/web/static/app/chunk-LA6R6TLW.js
<<<<<<< HEAD:node/web/static/app/chunk-4SRVN6LU.js
<<<<<<< HEAD:node/web/static/app/chunk-3H7BDDVN.js
<<<<<<< HEAD:node/web/static/app/chunk-Q43PHK6G.js
<<<<<<<< HEAD:node/web/static/app/chunk-NBADE2XG.js
import{c as l,h as e,t as i}from"/app/chunk-PCDVLMIF.js";function c(a){let o=e(null),n=e(null);async function r(){try{o.value=await i("GET",a),n.value=null}catch(t){n.value=t}}return l(()=>{r()},[a]),{answer:o,fault:n,again:r}}export{c as a};
========
import{c as l,h as e,t as i}from"/app/chunk-QTEDZT4W.js";function c(a){let o=e(null),n=e(null);async function r(){try{o.value=await i("GET",a),n.value=null}catch(t){n.value=t}}return l(()=>{r()},[a]),{answer:o,fault:n,again:r}}export{c as a};
>>>>>>>> a4ebfa0 (Of a long feed only what is near is drawn, and the bench looks at the app beside a bare list):node/web/static/app/chunk-Q43PHK6G.js
=======
import{c as l,h as e,t as i}from"/app/chunk-ARN4IAHQ.js";function c(a){let o=e(null),n=e(null);async function r(){try{o.value=await i("GET",a),n.value=null}catch(t){n.value=t}}return l(()=>{r()},[a]),{answer:o,fault:n,again:r}}export{c as a};
>>>>>>> 92e9482 (Friends', following and local feeds as tabs, with a quiet line for what is new; a post's audience is said before it is made):node/web/static/app/chunk-3H7BDDVN.js
=======
import{c as l,h as e,t as i}from"/app/chunk-6KAFVNAN.js";function c(a){let o=e(null),n=e(null);async function r(){try{o.value=await i("GET",a),n.value=null}catch(t){n.value=t}}return l(()=>{r()},[a]),{answer:o,fault:n,again:r}}export{c as a};
>>>>>>> 792af5d (The pages of a node speak the languages of the app, by its words; every screen is looked at by the table of screens):node/web/static/app/chunk-4SRVN6LU.js
=======
import{c as l,h as e,t as i}from"/app/chunk-M3UPRSKJ.js";function c(a){let o=e(null),n=e(null);async function r(){try{o.value=await i("GET",a),n.value=null}catch(t){n.value=t}}return l(()=>{r()},[a]),{answer:o,fault:n,again:r}}export{c as a};
>>>>>>> 22049a5 (The whole story by keyboard alone; of quick keys none is lost in a feed, and the mark of the node has a name on a tablet):node/web/static/app/chunk-LA6R6TLW.js
=======
import{c as l,h as e,t as i}from"/app/chunk-QIAPMVYJ.js";function c(a){let o=e(null),n=e(null);async function r(){try{o.value=await i("GET",a),n.value=null}catch(t){n.value=t}}return l(()=>{r()},[a]),{answer:o,fault:n,again:r}}export{c as a};
>>>>>>> e8e829a (A key that leads further than a feed is drawn arrives; the docs tell of tabs, the walk over all screens and the bench of the app):node/web/static/app/chunk-UMRWIKRA.js
