/** What is said of the archive: what waits to be sent is one thing, what could not be read another. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { DeviceArchive } from "../device/device_archive.ts";
import { Forbidden, type KithError, Unreachable } from "../errors.ts";
import type { ArchiveCarrier } from "../messenger/archive_carrier.ts";
import { Keeping } from "../worker/keeping.ts";
import type { ArchiveView } from "../worker/key_questions.ts";

const CAME = { new: 2, known: 0, locked: 0, over: 0, broken: 0 };

/** An archive of which the reading back fails with `faults`, one after the other, and then succeeds. */
function keeping(...faults: KithError[]) {
  const row = { done: false, held: "", why: "", missing: 0 };
  const archive = { place: async () => row, isAble: async () => true, isOn: async () => true };
  const found = { asked: 0 };
  const carrier = {
    onGoingOn: () => undefined,
    fetch: async () => {
      found.asked++;
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      return CAME;
    },
  };
  const told: ArchiveView[] = [];
  const made = new Keeping(
    { ...archive, waiting: 0 } as unknown as DeviceArchive,
    carrier as unknown as ArchiveCarrier,
    (view) => told.push(view),
  );
  return { made, carrier, found, row, told };
}

test("a reading that was cut says nothing of words that wait, and goes on when the line is back", async () => {
  const { made, found, told } = keeping(new Unreachable("away"));
  await made.begin();
  await made.goOn();
  assert.equal(found.asked, 2);
  const cut = told.find(({ trouble }) => trouble !== null);
  assert.deepEqual([cut?.trouble?.is, cut?.held], ["Unreachable", null]);
  await made.goOn();
  const { came, trouble } = await made.view();
  assert.deepEqual([found.asked, came, trouble], [2, CAME, null], "what is read is not read again");
});

test("what waiting does not help is not asked for again", async () => {
  const { made, found } = keeping(new Forbidden("ARC-7.8", "it is switched off"));
  await made.begin();
  await made.goOn();
  assert.deepEqual([found.asked, (await made.view()).trouble?.clause], [1, "ARC-7.8"]);
});

test("what is held is said for as long as it is so, whatever came of reading", async () => {
  const { made, carrier, row, told } = keeping(new Unreachable("away"));
  Object.assign(row, { held: "ARC-7.7", why: "it is full" });
  await made.begin();
  await made.goOn();
  assert.deepEqual((await made.view()).held?.clause, "ARC-7.7");
  row.held = "";
  const before = told.length;
  carrier.onGoingOn();
  await made.view();
  await new Promise(setImmediate);
  assert.deepEqual(
    told.slice(before).map(({ held }) => held),
    [null],
  );
});
