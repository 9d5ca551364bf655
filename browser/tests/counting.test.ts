/** How many notices nobody has seen stays true while nobody can be asked for it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { DeviceStatus } from "../worker/device_client.ts";

// What the device's line listens to in a page; here nobody answers, as without a line.
class Silent extends EventTarget {
  postMessage(): void {}
}
Object.assign(globalThis, {
  document: new EventTarget(),
  localStorage: { getItem: () => null },
  addEventListener: () => undefined,
  BroadcastChannel: Silent,
});
const { standing } = await import("../app/device.ts");
const { begin } = await import("../app/notices/counting.ts");
const { unseen } = await import("../app/notices/unseen.ts");

/** The device tells how it stands. */
function told(id: string, phase = "open", isLoggedIn = true): void {
  const current = { id, actor: `https://a.test/${id}`, isLoggedIn };
  standing.value = { accounts: [current], current, phase } as unknown as DeviceStatus;
}

test("what was counted stays until somebody else is here", () => {
  told("ada");
  begin();
  unseen.value = 3;
  told("ada");
  assert.equal(unseen.value, 3, "only how the device stands was told");
  told("ada", "opening");
  told("ada");
  assert.equal(unseen.value, 3, "the device was away for a while");
  told("bob");
  assert.equal(unseen.value, 0);
  unseen.value = 2;
  told("bob", "open", false);
  assert.equal(unseen.value, 0, "who is logged out is told nothing");
});
