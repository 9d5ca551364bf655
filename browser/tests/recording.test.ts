/** Recording: what is chosen, what is said, when it ends. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, ending, faultOf, kindToRecord } from "../app/record/recording.ts";

const LIMITS = { upload_bytes: 100_000_000, video_seconds: 600 };

test("the first kind that the browser makes is taken", () => {
  assert.match(
    kindToRecord(() => true),
    /^video\/mp4/,
  );
  assert.equal(
    kindToRecord((kind) => kind === "video/webm"),
    "video/webm",
  );
  assert.equal(
    kindToRecord(() => false),
    "",
  );
});

for (const [name, fault] of [
  ["NotAllowedError", "denied"],
  ["SecurityError", "denied"],
  ["NotFoundError", "none"],
  ["OverconstrainedError", "none"],
  ["NotReadableError", "busy"],
  ["TypeError", "unable"],
] as const) {
  test(`${name} is said as ${fault}`, () => {
    assert.equal(faultOf(new DOMException("", name)), fault);
  });
}

test("it ends before it is more than the node takes", () => {
  assert.equal(ending(599, 1, LIMITS), null);
  assert.equal(ending(600, 1, LIMITS), "long");
  assert.equal(ending(1, 97_000_000, LIMITS), "big");
});

test("time is told as on a clock", () => {
  assert.deepEqual([0, 9.9, 65, 600].map(clock), ["0:00", "0:09", "1:05", "10:00"]);
});
