/** What the app says of a refusal: what there is to press, and no command to type (spec DEV-16.11). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Forbidden, Missing } from "../errors.ts";

test("a device in doubt is told in words of the app, by whose it is", async () => {
  const document = { documentElement: {} };
  Object.assign(globalThis, { localStorage: { getItem: () => null }, document });
  const { explain } = await import("../app/words/problems.ts");
  const refusal = (seen: string) => new Forbidden("KEY-5.2", "a device", { seen, actor: "a" });
  assert.match(explain(refusal("other root")), /safety number/);
  assert.match(explain(refusal("this device, not listed")), /Open Settings, Recovery words/);
});

test("no command is told to who has none to type", async () => {
  const { explain } = await import("../app/words/problems.ts");
  for (const clause of ["DEV-12.1", "DEV-14.5", "KEY-1.8", "KEY-4.6"]) {
    const words = explain(new Missing(clause, "type kith recovery use"));
    assert.match(words, /Open Settings, Recovery words/);
    assert.doesNotMatch(words, /kith/);
  }
});
