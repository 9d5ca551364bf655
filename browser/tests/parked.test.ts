/** What a version before this one left waiting is in the way of no commit (spec DEV-5.2). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { DeviceState } from "../device/device_state.ts";
import * as parked from "../device/parked.ts";
import type { ParkedRow, Rows } from "../device/rows.ts";
import { APPLICATION, COMMIT, encodeMessage } from "../mls/public/framing.ts";
import { type Bytes, unhex, utf8 } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";

const GROUP = "ab".repeat(16);
const MOST = 500;

/** Of a member who may claim whatever epoch they like. */
function item(seq: number, epoch: number, contentType = COMMIT): ParkedRow {
  const claim = { groupId: unhex(GROUP), epoch: BigInt(epoch), contentType };
  const sealed = { authenticatedData: utf8(""), encryptedSenderData: utf8("who") };
  const content = encodeMessage({
    kind: "privateMessage",
    ...claim,
    ...sealed,
    ciphertext: utf8(`${seq}`),
  });
  return { seq, ref: "r", url: "https://alpha.test/o/1", content, at: seq };
}

async function device(): Promise<DeviceState> {
  const kept = new Map<string, Bytes>();
  const rows: Rows = {
    counter: 1,
    names: () => [...kept.keys()],
    read: async (name) => kept.get(name) ?? null,
    step: async () => undefined,
  };
  return DeviceState.open(rows, new Seeded("alice"), "https://a.example/alice");
}

const old = (seq: number) => `parked/${GROUP}/${String(seq).padStart(16, "0")}`;

test("a row that the mailbox numbered stands by its epoch, and words give way", async () => {
  const state = await device();
  state.put(old(9_000_000), item(9_000_000, 7));
  state.put(old(9_000_001), item(9_000_001, 8, APPLICATION));
  for (let seq = 2; seq < MOST; seq += 1) {
    assert.equal(await parked.keep(state, GROUP, item(seq, 1_000 + seq), false), null);
  }
  const crowded = await parked.keep(state, GROUP, item(10_000_000, 7), false);
  assert.equal(crowded?.seq, 9_000_001, "the words");
  const next = await parked.keep(state, GROUP, item(10_000_001, 7), false);
  assert.equal(next?.seq, MOST - 1, "what claims to be the latest");
  const [first, second, third] = await parked.waiting(state, GROUP);
  assert.deepEqual([first?.epoch, second?.epoch, third?.epoch], [7n, 7n, 7n]);
});
