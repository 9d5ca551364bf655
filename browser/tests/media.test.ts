/** Media are loaded from the own node alone, wherever it has them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { NodeView } from "../app/api_types.ts";
import { homeNode } from "../app/home_node.ts";
import { mediaAddress } from "../app/media.ts";

const HOME = "https://a.test";
Object.assign(globalThis, { location: { origin: HOME, host: "a.test" } });

test("only what the own node has is loaded, also from its other origin", () => {
  const there = "https://media.a.test/here/x?y=1";
  assert.equal(mediaAddress("/here/x?y=1"), "/here/x?y=1");
  assert.equal(mediaAddress(`${HOME}/here/x`), "/here/x");
  assert.equal(mediaAddress(there), "");
  homeNode.value = { origin: HOME, media_origin: "https://media.a.test" } as NodeView;
  assert.equal(mediaAddress(there), there);
  for (const other of [
    "https://b.test/x",
    "https://",
    "https://media.a.test.b.test/x",
    "javascript:x",
    "",
  ]) {
    assert.equal(mediaAddress(other), "");
  }
});
