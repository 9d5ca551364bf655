/** How long ago something was, or until when it is: what is past is full, what comes reads as it was said. */

import assert from "node:assert/strict";
import { test } from "node:test";

const document = { documentElement: {} };
Object.assign(globalThis, { localStorage: { getItem: () => null }, document });
const { ago } = await import("../app/words/index.ts");

const NOW = Date.UTC(2026, 0, 15);
const HOUR = 3600;
const DAY = 24 * HOUR;
// Whether what is cut short has a full stop is the browser's own to say.
const at = (seconds: number) => ago(NOW + seconds * 1000, NOW).replace(".", "");

test("a link that ends in a week does so in 7 days, also a while later", () => {
  assert.equal(at(7 * DAY), "in 7 days");
  assert.equal(at(6.9 * DAY), "in 7 days");
  assert.equal(at(6.4 * DAY), "in 6 days");
  assert.equal(at(HOUR - 1), "in 1 hr");
  assert.equal(at(DAY - HOUR / 4), "in 1 day");
  assert.equal(at(DAY + HOUR), "in 1 day");
  assert.equal(at(29.8 * DAY), "in 30 days");
  assert.equal(at(30.8 * DAY), "in 1 mo");
  assert.equal(at(364.9 * DAY), "in 1 yr");
  assert.equal(at(12 * HOUR), "in 12 hr");
  assert.equal(at(20), "now");
});

test("what is past is told by what is full", () => {
  assert.equal(at(-59), "now");
  assert.equal(at(-119), "1 min ago");
  assert.equal(at(1 - DAY), "23 hr ago");
  assert.equal(at(-1.9 * DAY), "1 day ago");
  assert.equal(at(-6.9 * DAY), "6 days ago");
  assert.equal(at(-30.9 * DAY), "30 days ago");
  assert.equal(at(-31 * DAY), "1 mo ago");
  assert.equal(at(-364.9 * DAY), "11 mo ago");
  assert.equal(at(-365 * DAY), "1 yr ago");
  assert.equal(ago("no date", NOW), "now");
});

test("what comes today is not said to come tomorrow, nor what was the day before yesterday", () => {
  for (const days of [-1.99, -1, 23.5 / 24, 1, 1.4]) assert.match(at(days * DAY), /1 day/u);
});
