/** What the app says of a refusal: what there is to press, and no command to type (spec DEV-16.11). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CLOCK, OWN_DEVICE, refusal, THIS_DEVICE } from "../device/stops.ts";
import { Conflict, Missing } from "../errors.ts";
import { LEAVES } from "../keys/private/pins.ts";
import { problemOf } from "../worker/problems.ts";

const document = { documentElement: {} };
Object.assign(globalThis, { localStorage: { getItem: () => null }, document });
const { explain } = await import("../app/words/problems.ts");
const { answerTo, whyKept } = await import("../app/keys/doubts.ts");
const { sayKeys } = await import("../app/keys/words.ts");

// Each line of KEY-5.2 at which nothing is said to somebody, and those of one's own account.
const STOPS = LEAVES.filter((line) => line.deed === "stop").map((line) => line.seen);
const ALL = [...STOPS, OWN_DEVICE, THIS_DEVICE, CLOCK];
const kept = (seen: string) => whyKept(problemOf(refusal("https://ada.example", seen)));
// True only of a conversation that did not begin.
const OF_A_BEGINNING = /no conversation|try again/i;

test("a device in doubt is told in words of the app, by whose it is", () => {
  assert.equal(STOPS.length, 7);
  for (const seen of STOPS) {
    assert.match(explain(refusal("a", seen)), /no conversation was begun.*safety number/, seen);
  }
  assert.match(explain(refusal("a", THIS_DEVICE)), /Open Settings, Recovery words/);
  assert.match(
    explain(refusal("a", OWN_DEVICE)),
    /your account.*Open Settings, Devices and logins/,
  );
  assert.doesNotMatch(explain(refusal("a", OWN_DEVICE)), OF_A_BEGINNING);
  assert.match(explain(refusal("a", CLOCK)), /clock may be wrong: set its date and time/);
});

test("words that wait because of a device in doubt are not to be said again", () => {
  for (const seen of [...ALL, "a line that this app does not know"]) {
    assert.doesNotMatch(kept(seen), OF_A_BEGINNING, seen);
    assert.doesNotMatch(sayKeys(answerTo(seen).says, { name: "Ada" }), OF_A_BEGINNING, seen);
  }
  for (const seen of STOPS) assert.match(kept(seen), /kept until that is settled\.$/, seen);
  assert.match(kept(OWN_DEVICE), /end what is not yours/);
  assert.match(kept(THIS_DEVICE), /let it in/);
  assert.match(kept(CLOCK), /set its date and time/);
  assert.equal(whyKept(problemOf(new Conflict("", "It is so"))), "It is so.");
});

test("each line has an answer of its own above the words that are kept", () => {
  const unknown = answerTo("a line that this app does not know");
  for (const seen of ALL) assert.notEqual(answerTo(seen).says, unknown.says, seen);
});

test("no command is told to who has none to type", () => {
  for (const clause of ["DEV-12.1", "DEV-14.5", "KEY-1.8", "KEY-4.6"]) {
    const words = explain(new Missing(clause, "type kith recovery use"));
    assert.match(words, /Open Settings, Recovery words/);
    assert.doesNotMatch(words, /kith/);
  }
});
