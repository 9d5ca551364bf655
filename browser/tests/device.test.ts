/** What a device does when its vault fails, and when it is asked several things at once. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Device } from "../device/device.ts";
import type { Changes, Rows } from "../device/rows.ts";
import { Conflict } from "../errors.ts";
import { type Bytes, hex, unhex, utf8 } from "../wire/bytes.ts";
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
  await assert.rejects(alice.words.say(group, "lost", NOW * 1e6), /the disk is full/);
  await assert.rejects(alice.newPackages(2, true, NOW), /the disk is full/);
  rows.fails = false;
  assert.equal(rows.text(), before);
  assert.deepEqual(await alice.history(group), []);
  assert.equal((await alice.owed()).length, 1);
  await alice.words.say(group, "kept", NOW * 1e6);
  assert.deepEqual(
    (await alice.history(group)).map((row) => row.text),
    ["kept"],
  );
});

test("what is asked at once is done in its order", async () => {
  const { alice, rows, group } = await pair();
  const words = ["one", "two", "three", "four"];
  const steps = rows.counter;
  await Promise.all(words.map((word) => alice.words.say(group, word, NOW * 1e6)));
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

test("a seat from before there were proofs has none", async () => {
  const rows = new FailingRows();
  rows.rows.set("device/seat", utf8('{"frozen":false,"have":5,"nonce":""}'));
  const device = await Device.open(rows, new Seeded("an older vault"), "https://a.example/alice");
  const asked = await device.askSeat();
  assert.deepEqual([asked.have, asked.proof.length, asked.again], [5, 0, false]);
});

test("a vault that was left behind says nothing more, and keeps its history", async () => {
  const { alice, rows, group } = await pair();
  const GIVEN = unhex("0102");
  const asked = await alice.askSeat();
  assert.equal(asked.again, false);
  assert.deepEqual(await alice.askSeat(), { ...asked, again: true });
  await alice.takeSeat(7, GIVEN);
  const next = await alice.askSeat();
  assert.deepEqual([next.have, next.proof], [7, GIVEN]);
  await alice.words.say(group, "never sent", NOW * 1e6);
  const told = await alice.freeze(new Conflict("ACC-4.4", "another copy is in use"));
  assert.deepEqual(
    told.map((event) => event.is),
    ["ChangeDropped", "MessageUndelivered"],
  );
  assert(await alice.frozen());
  const refused = (error: unknown) => error instanceof Conflict && error.clause === "ACC-4.4";
  await assert.rejects(alice.words.say(group, "more", NOW * 1e6), refused);
  await assert.rejects(alice.start({ x: [] }, NOW), refused);
  assert.equal((await alice.history(group)).length, 1);
  assert.deepEqual(
    [...rows.rows.keys()].filter((name) => /^(group|owed|package)/.test(name)),
    [],
  );
});

test("a node that was put back from a copy numbers the mailbox anew", async () => {
  const { alice } = await pair();
  const item = { ref: "r", url: "u", content: new Uint8Array(1), at: 0 };
  const receive = (seq: number, life: string) => alice.receive([{ ...item, seq }], NOW, life);
  const kinds = async (seq: number, life: string) =>
    (await receive(seq, life)).map((event) => event.is);
  assert.deepEqual(await kinds(5, "one"), ["MessageUnreadable"]);
  assert.deepEqual(await kinds(5, "one"), []);
  assert.deepEqual(await kinds(3, "two"), ["NodeRestored"]);
  assert.equal(await alice.cursor(), 3);
  assert.deepEqual(await kinds(6, "two"), ["MessageUnreadable"]);
});

test("a conversation that was over and comes back gets the new devices", async () => {
  for (const over of [true, false]) {
    for (const byLook of [true, false]) {
      const { alice: former, rows, group } = await pair();
      // While it was over the list came true without it.
      const asked = { noticed: NOW, content: "", head: byLook ? 0 : 1, over };
      rows.rows.set(`asked/${group}/0`, utf8(JSON.stringify(asked)));
      rows.rows.set("account/followed", utf8("1.1"));
      const alice = await Device.open(rows, new Seeded("later"), former.actor);
      if (byLook) {
        await alice.behind.look(NOW);
      } else {
        const create = await alice.next(NOW);
        assert(create.is === "Create");
        await alice.tell(create, { is: "Created", ref: "r", url: "u" }, NOW);
        const send = await alice.next(NOW);
        assert(send.is === "Send");
        await alice.tell(send, { is: "Accepted", term: 0 }, NOW);
      }
      assert(!rows.rows.has(`asked/${group}/0`));
      assert.equal(rows.rows.has("account/followed"), !over);
    }
  }
});
