/** What the app says of words that are not with whom they are for: why, and what becomes of them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { nobodyThere } from "../device/absent.ts";
import { catchingUp } from "../device/behind.ts";
import type { DeviceOutbox } from "../device/device_outbox.ts";
import type { DeviceState } from "../device/device_state.ts";
import { Errands } from "../device/errands.ts";
import { Obstacles } from "../device/obstacles.ts";
import { Conflict, Unreachable } from "../errors.ts";
import { errorOf, problemOf } from "../worker/problems.ts";

const document = { documentElement: {} };
Object.assign(globalThis, { localStorage: { getItem: () => null }, document });
const { whyHeld, whyReturned, whyUnfetched } = await import("../app/chats/kept.ts");

const held = (error: Unreachable | null) => whyHeld(problemOf(error));

/** A device's rows, of which one says how it stands. */
function rows(row: object | null): DeviceState {
  const found = { find: async () => row, get: async () => row, names: () => (row ? ["one"] : []) };
  return found as unknown as DeviceState;
}

/** What the device holds words back for, though every server answers. */
async function heldHere(): Promise<Readonly<Record<string, Unreachable | null>>> {
  const busy = new Obstacles();
  while (busy.of("g") === null) busy.lostRace("g", 1, true);
  const unread = new Obstacles();
  const errands = new Errands(rows(null), { obstacles: unread } as unknown as DeviceOutbox);
  const asked = { is: "TellGone", group: "g", row: "r" };
  await errands.outcome(asked as never, new Conflict("E2E-3.16", "not yet"));
  return {
    behind: await catchingUp(rows({ sent: 1 }), "g"),
    unanswered: await catchingUp(rows({ sent: 1, vain: true }), "g"),
    busy: busy.of("g") as Unreachable,
    unread: unread.of("g") as Unreachable,
    noDevice: await nobodyThere(rows(null), "g"),
    newDevice: await nobodyThere(rows({ has_new: true }), "g"),
  };
}

test("what holds words back is told by its mark, whatever the sentence says", async () => {
  const marks = Object.entries(await heldHere()).map(([name, error]) => [name, error?.held]);
  assert.deepEqual(Object.fromEntries(marks), {
    behind: "behind",
    unanswered: "unanswered",
    busy: "busy",
    unread: "unread",
    noDevice: "no_device",
    newDevice: "new_device",
  });
  const renamed = new Unreachable("in other words", true, "behind");
  assert.match(held(errorOf(problemOf(renamed)) as Unreachable), /missed something/);
});

test("what holds words back on this device is not put down to another server", async () => {
  for (const [name, error] of Object.entries(await heldHere())) {
    assert(error instanceof Unreachable && error.beyond, name);
    assert.doesNotMatch(held(error), /server|try again/i, name);
    assert.match(held(error), /is kept/, name);
  }
});

test("a device that is behind is said to be put right by itself", async () => {
  const { behind, busy } = await heldHere();
  assert.match(held(behind ?? null), /missed something.*by itself.*goes out then\.$/);
  assert.match(held(busy ?? null), /faster than this device can follow.*goes out by itself\.$/);
});

test("a server that does not answer is said to be one", () => {
  assert.match(held(new Unreachable("no answer", true)), /^The other server does not answer/);
  assert.match(held(new Unreachable("toString", true)), /^The other server does not answer/);
  assert.match(held(new Unreachable("no answer")), /^Your node does not answer/);
});

const NAMES: Readonly<Record<string, string>> = { a: "Ada", b: "Bob" };
const plain = (words: string) => words.replace(/[\u2068\u2069]/g, "");
const returned = (reasons: Readonly<Record<string, string>>) =>
  plain(whyReturned(reasons, (actor) => NAMES[actor] ?? actor));

test("words that came back say who did not take them, why, and what becomes of them", () => {
  const next = {
    no_device: /^Ada is logged in nowhere; it is kept\.$/,
    new_device: /^It went to a device that Ada has no more; it is kept\.$/,
    not_fetched: /^Ada did not read it for 30 days; it is said again when they are back\.$/,
    not_delivered: /^Ada's server took nothing for 7 days; it is said again when they are back\.$/,
    refused: /^Ada's server refuses it; it is not sent there again\.$/,
  };
  for (const [reason, words] of Object.entries(next)) assert.match(returned({ a: reason }), words);
  assert.equal(returned({ a: "toString" }), "");
});

test("words that came back from several say it of each", () => {
  const both = returned({ a: "refused", b: "not_fetched" });
  assert.match(both, /^Ada's server refuses it.* Bob did not read it for 30 days;/);
});

test("of what nobody fetches it is said whose devices they are, and since which day", () => {
  const { TZ } = process.env;
  process.env.TZ = "America/Lima"; // where that day began on the evening before
  const said = plain(whyUnfetched({ a: 1_767_225_600 }, (actor) => NAMES[actor] ?? actor));
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
  const day = "Jan 1, 2026";
  assert.equal(said.includes(`Ada has fetched anything here since ${day}:`), true, said);
  assert.match(said, /30 days at most\.$/);
});
