/** Addresses that are encoded badly stop nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { decoded } from "../app/decoded.ts";

for (const [text, meant] of [
  ["", ""],
  ["caf%C3%A9", "café"],
  ["%", "%"],
  ["100%", "100%"],
  ["%E0%A4%A", "%E0%A4%A"],
  ["%C3", "%C3"],
] as const) {
  test(`${text || "nothing"} is ${meant || "nothing"}`, () => assert.equal(decoded(text), meant));
}
