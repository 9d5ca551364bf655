/** What following a stranger promises is what the node does (INB-8.2). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { followedSays } from "../app/notices/says.ts";

test("that one is told at once is said only where whom one follows is heard", () => {
  assert.equal(followedSays("accepted", "following"), "heard");
  assert.equal(followedSays("asked", "following"), "heard");
  for (const mentions of ["friends", "nobody", "everyone", null] as const) {
    assert.equal(followedSays("accepted", mentions), "followed");
    assert.equal(followedSays("asked", mentions), "followed.asked");
  }
});
