<<<<<<< HEAD:node/web/static/app/push-TT423FZA.js
<<<<<<< HEAD:node/web/static/app/push-I5N5U3TC.js
<<<<<<< HEAD:node/web/static/app/push-BDBZHUN4.js
<<<<<<< HEAD:node/web/static/app/push-6HYUMZHB.js
<<<<<<<< HEAD:node/web/static/app/push-K7OHGA44.js
import{a as o,b as r,c as m,d as p,e as t,f as e,g as f,h as i}from"/app/chunk-MJCNUI2O.js";import"/app/chunk-PCDVLMIF.js";export{o as KINDS,p as ability,m as kindsHere,i as resubscribe,f as tryIt,e as turnOff,t as turnOn,r as unwanted};
========
import{a as o,b as r,c as m,d as p,e as t,f as e,g as f,h as i}from"/app/chunk-ZNSZ4GGV.js";import"/app/chunk-QTEDZT4W.js";export{o as KINDS,p as ability,m as kindsHere,i as resubscribe,f as tryIt,e as turnOff,t as turnOn,r as unwanted};
>>>>>>>> a4ebfa0 (Of a long feed only what is near is drawn, and the bench looks at the app beside a bare list):node/web/static/app/push-6HYUMZHB.js
=======
import{a as o,b as r,c as m,d as p,e as t,f as e,g as f,h as i}from"/app/chunk-UMEBQGEV.js";import"/app/chunk-ARN4IAHQ.js";export{o as KINDS,p as ability,m as kindsHere,i as resubscribe,f as tryIt,e as turnOff,t as turnOn,r as unwanted};
>>>>>>> 92e9482 (Friends', following and local feeds as tabs, with a quiet line for what is new; a post's audience is said before it is made):node/web/static/app/push-BDBZHUN4.js
=======
import{a as o,b as r,c as m,d as p,e as t,f as e,g as f,h as i}from"/app/chunk-UCLG375Y.js";import"/app/chunk-6KAFVNAN.js";export{o as KINDS,p as ability,m as kindsHere,i as resubscribe,f as tryIt,e as turnOff,t as turnOn,r as unwanted};
>>>>>>> 792af5d (The pages of a node speak the languages of the app, by its words; every screen is looked at by the table of screens):node/web/static/app/push-I5N5U3TC.js
=======
import{a as o,b as r,c as m,d as p,e as t,f as e,g as f,h as i}from"/app/chunk-KL5ODJR5.js";import"/app/chunk-M3UPRSKJ.js";export{o as KINDS,p as ability,m as kindsHere,i as resubscribe,f as tryIt,e as turnOff,t as turnOn,r as unwanted};
>>>>>>> 22049a5 (The whole story by keyboard alone; of quick keys none is lost in a feed, and the mark of the node has a name on a tablet):node/web/static/app/push-TT423FZA.js
=======
import{a as o,b as r,c as m,d as p,e as t,f as e,g as f,h as i}from"/app/chunk-DNQR4D44.js";import"/app/chunk-QIAPMVYJ.js";export{o as KINDS,p as ability,m as kindsHere,i as resubscribe,f as tryIt,e as turnOff,t as turnOn,r as unwanted};
>>>>>>> e8e829a (A key that leads further than a feed is drawn arrives; the docs tell of tabs, the walk over all screens and the bench of the app):node/web/static/app/push-FRIMWQGM.js
