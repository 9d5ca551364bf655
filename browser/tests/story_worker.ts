/** The device worker as stories run it: its clock is set by whoever tells the story. */

import { BROWSER_CLOCK, type Clock } from "../messenger/waiting.ts";
import { BROWSER_CHANCE } from "../vault/chance.ts";
import { holdDevice } from "../worker/start.ts";

/** How far the story's clock is ahead of this machine's, in milliseconds. */
let ahead = Number(new URLSearchParams(location.search).get("ahead"));
/** The browser has no room left. */
let isFull = false;

interface Told {
  readonly ahead?: number;
  readonly full?: boolean;
}

new BroadcastChannel("story").addEventListener("message", ({ data }: MessageEvent<Told>) => {
  ahead = data.ahead ?? ahead;
  isFull = data.full ?? isFull;
});

const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function (stores, mode, how) {
  if (isFull && mode === "readwrite") throw new DOMException("", "QuotaExceededError");
  return transaction.call(this, stores, mode, how);
};

const CLOCK: Clock = {
  now: () => Math.round(Date.now() + ahead),
  // Nobody waits long in a story.
  pause: (milliseconds, cut) => BROWSER_CLOCK.pause(milliseconds / 5, cut),
};

void holdDevice({ origin: location.origin, entropy: BROWSER_CHANCE, clock: CLOCK });
