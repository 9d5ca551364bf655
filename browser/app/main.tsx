/** The app begins. */

import "./css/app.css";

import { render } from "preact";

import * as accounts from "./accounts.ts";
import * as appearance from "./appearance.ts";
import * as chats from "./chats/chats.ts";
import * as device from "./device.ts";
import { meetNode } from "./home_node.ts";
import * as installed from "./installed.ts";
import * as router from "./router.ts";
import { Shell } from "./shell.tsx";
import * as words from "./words/index.ts";

appearance.begin();
router.begin();
// Without an answer the app still opens: screens ask again for what they need.
void meetNode().catch(() => undefined);
const standing = device.begin();
accounts.begin();
chats.begin();
await words.begin();
const root = document.getElementById("app");
if (root !== null) render(<Shell />, root);
// Beside the first view, and never in its way.
void installed.begin().catch(() => undefined);
void standing.then(() => import("./push.ts")).then((push) => push.resubscribe());
void standing.then(() => import("./outbox.tsx")).then((outbox) => outbox.begin());
void standing.then(() => import("./notices/counting.ts")).then((counting) => counting.begin());
// What was being posted goes on.
void standing.then(() => import("./post/posting.ts")).then((posting) => posting.goOn());
