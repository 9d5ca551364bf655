/** What is typed while words are sent is not lost. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { leftOf } from "../app/parts/typed.ts";

test("a field keeps what was typed while its words were sent", () => {
  assert.equal(leftOf("One", "One"), "");
  assert.equal(leftOf("One\nand two", "One"), "and two");
  assert.equal(leftOf(" One  ", " One "), "");
  assert.equal(leftOf("Other words", "One"), "Other words");
  assert.equal(leftOf("", "One"), "");
});
