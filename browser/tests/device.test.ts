/** What a device does when its vault fails, and when it is asked several things at once. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Device } from "../device/device.ts";
import type { Changes, Rows } from "../device/rows.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";

const NOW = 1_800_000_000;

/** A vault that can be told to fail, and that takes its time. */
class FailingRows implements Rows {
  counter = 0;
  fails = false;
  readonly rows = new Map<string, Bytes>();

  names(): readonly string[] {
    return [...this.rows.keys()].sort();
  }

  async read(name: string): Promise<Bytes | null> {
    return this.rows.get(name) ?? null;
  }

  async step(changes: Changes): Promise<void> {
    await Promise.resolve();
    if (this.fails) throw new Error("the disk is full");
    this.counter += 1;
    for (const [name, value] of changes) {
      if (value === null) this.rows.delete(name);
      else this.rows.set(name, value);
    }
  }

  text(): string {
    return this.names()
      .map((name) => `${name} ${hex(this.rows.get(name) as Bytes)}`)
      .join("\n");
  }
}

async function pair(): Promise<{ alice: Device; rows: FailingRows; group: string }> {
  const rows = new FailingRows();
  const alice = await Device.open(rows, new Seeded("alice"), "https://a.example/alice");
  const bob = await Device.open(new FailingRows(), new Seeded("bob"), "https://b.example/bob");
  const [[keyPackage] = []] = await bob.newPackages(1, false, NOW);
  assert(keyPackage !== undefined);
  const group = await alice.start({ "https://b.example/bob": [keyPackage] }, NOW);
  return { alice, rows, group };
}

test("a step that cannot be written changes nothing", async () => {
  const { alice, rows, group } = await pair();
  const before = rows.text();
  rows.fails = true;
  await assert.rejects(alice.say(group, "lost", NOW * 1e6), /the disk is full/);
  await assert.rejects(alice.newPackages(2, true, NOW), /the disk is full/);
  rows.fails = false;
  assert.equal(rows.text(), before);
  assert.deepEqual(await alice.history(group), []);
  assert.equal((await alice.owed()).length, 1);
  await alice.say(group, "kept", NOW * 1e6);
  assert.deepEqual(
    (await alice.history(group)).map((row) => row.text),
    ["kept"],
  );
});

test("what is asked at once is done in its order", async () => {
  const { alice, rows, group } = await pair();
  const words = ["one", "two", "three", "four"];
  const steps = rows.counter;
  await Promise.all(words.map((word) => alice.say(group, word, NOW * 1e6)));
  assert.equal(rows.counter, steps + words.length);
  const said = await alice.history(group);
  assert.deepEqual(
    said.map((row) => row.text),
    words,
  );
  const again = await Device.open(rows, new Seeded("later"), alice.actor);
  assert.deepEqual(await again.history(group), said);
  assert.deepEqual(await again.between("https://b.example/bob"), [group]);
});
