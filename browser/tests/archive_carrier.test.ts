/** Records go to the home node in batches, beside talk; what is in their way is told once. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { encode, KINDS, record } from "../archive/record.ts";
import type { ConversationEvent } from "../device/conversation_events.ts";
import { Device } from "../device/device.ts";
import { Forbidden, Full, Unreachable } from "../errors.ts";
import type { ApiClient } from "../messenger/api_client.ts";
import type { ArchivedRecord } from "../messenger/api_types.ts";
import { ArchiveCarrier } from "../messenger/archive_carrier.ts";
import { utf8 } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";
import { ClearRows } from "./still.ts";

const ALICE = "https://a.example/alice";
const NOW = 1_800_000_000_000;
const KEY = new Uint8Array(32);

/** A home node that keeps records, or refuses. */
class Shelf {
  readonly batches: number[] = [];
  readonly kept: ArchivedRecord[] = [];
  refuses: Error | null = null;
  keeps: Error | null = null;
  asked = 0; // to remove something
  hangs = false;

  api(): Pick<ApiClient, "ask" | "pages"> {
    const ask = async (route: string, given: unknown): Promise<unknown> => {
      if (this.hangs) await forEver();
      if (this.refuses) throw this.refuses;
      if (route === "PUT /archive/switch") return {};
      if (route === "POST /archive/delete") {
        this.asked += 1;
        if (this.keeps) throw this.keeps;
        return {};
      }
      const { body } = given as { body: { records: Omit<ArchivedRecord, "pos">[] } };
      this.batches.push(body.records.length);
      for (const one of body.records) this.kept.push({ ...one, pos: this.kept.length + 1 });
      return {};
    };
    const pages = async function* (this: Shelf, _route: string, given: unknown) {
      const { since } = (given as { query: { since?: string } }).query;
      const found = this.kept.filter(({ pos }) => pos > Number(since ?? 0));
      const items = since === undefined ? found.reverse() : found;
      if (items.length) yield { items, incarnation: "one" };
      yield { items: [], incarnation: "one" };
    }.bind(this);
    return { ask, pages } as unknown as Pick<ApiClient, "ask" | "pages">;
  }
}

const forEver = () => new Promise<void>(() => undefined);

async function carrier(words: number, key = true) {
  const rows = new ClearRows();
  for (let number = 0; number < words; number++) {
    const data = utf8(JSON.stringify({ type: "Note", id: `urn:${number}`, content: `${number}` }));
    const said = { kind: KINDS.create, group: utf8("g"), actor: ALICE, id: `urn:${number}`, data };
    const due = `due/67/${String(number).padStart(16, "0")}`;
    rows.rows.set(due, encode(record({ ...said, received: number })));
  }
  if (key) rows.rows.set("archive_key/1", KEY);
  const device = await Device.open(rows, new Seeded("alice"), ALICE);
  // Nobody waits for a batch to fill, and nothing takes as long as an end may.
  const pause = (ms: number) => (ms === 5_000 ? Promise.resolve() : forEver());
  const clock = { time: NOW, now: () => clock.time, pause };
  const told: ConversationEvent[] = [];
  const shelf = new Shelf();
  const made = new ArchiveCarrier(shelf.api(), device.archive, clock, (event) => told.push(event));
  return { made, device, clock, told, shelf, rows };
}

test("records go out in batches, and are read back on another device", async () => {
  const { made, device, clock, shelf } = await carrier(130);
  made.wake();
  made.wake();
  await made.close();
  assert.deepEqual([shelf.batches, device.archive.waiting], [[100], 30], "an end takes one more");
  await new ArchiveCarrier(shelf.api(), device.archive, clock, () => undefined).send();
  assert.deepEqual([shelf.batches, device.archive.waiting], [[100, 30], 0]);
  const other = await carrier(0);
  other.shelf.kept.push(...shelf.kept);
  const steps: number[] = [];
  const came = await other.made.fetch((sofar) => steps.push(sofar.new));
  assert.deepEqual(came, { new: 130, known: 0, locked: 0, over: 0, broken: 0 });
  assert.deepEqual(steps, [130, 130]);
  const said = (await other.device.history("67")).map(({ text }) => Number(text));
  assert.deepEqual(
    said,
    [...said].sort((a, b) => a - b),
  );
  other.shelf.kept.push({ ...(shelf.kept[0] as ArchivedRecord), pos: 131 });
  assert.equal((await other.made.fetch(() => undefined)).known, 1);
});

test("what is not removed there holds no record up, is told once, and asked again later", async () => {
  const { clock, told, shelf, rows } = await carrier(2);
  const erase = utf8(JSON.stringify({ actor: ALICE, id: "urn:gone" }));
  rows.rows.set("erase/67/0000000000000001", erase);
  const again = await Device.open(rows, new Seeded("alice"), ALICE);
  const one = new ArchiveCarrier(shelf.api(), again.archive, clock, (event) => told.push(event));
  shelf.keeps = new Forbidden("ARC-7.6", "not now");
  await assert.rejects(one.send(), /ARC-7\.6/);
  assert.deepEqual([shelf.batches, shelf.asked], [[2], 1]);
  await one.send();
  const next = new ArchiveCarrier(shelf.api(), again.archive, clock, (event) => told.push(event));
  await next.send();
  assert.equal(shelf.asked, 1, "nor is it in the next run of the program");
  clock.time += 3_600_000;
  await assert.rejects(next.send(), /ARC-7\.6/);
  const reasons = told.map((event) => event.is === "ArchiveHeld" && event.reason);
  const why = "what was taken back or changed is not removed from the archive yet: not now";
  assert.deepEqual(reasons, [why]);
  shelf.keeps = null;
  clock.time += 3_600_000;
  await one.send();
  assert.deepEqual([shelf.asked, again.archive.isDue], [3, false]);
});

test("a node that hangs keeps nobody from leaving", async () => {
  const { made, device, shelf, clock } = await carrier(2);
  clock.pause = () => Promise.resolve();
  shelf.hangs = true;
  await made.close();
  assert.equal(device.archive.waiting, 2);
});

test("what cannot be read or sealed is set aside and told, and the rest goes out", async () => {
  const { made, device, rows, told, shelf } = await carrier(3);
  const long = { kind: KINDS.create, group: new Uint8Array(257), actor: ALICE, id: "urn:x" };
  rows.rows.set("due/67/0000000000000000", encode(record(long)));
  const large = { ...long, group: utf8("g"), data: new Uint8Array(2 ** 17) };
  rows.rows.set("due/67/0000000000000001", encode(record(large)));
  await made.send();
  assert.deepEqual([shelf.batches, device.archive.waiting], [[1], 0]);
  await made.look();
  assert.deepEqual(told, [{ is: "ArchiveMissing", conversation: "", count: 2 }]);
});

test("what has no room waits, is told once, and goes out later", async () => {
  const { made, device, clock, told, shelf } = await carrier(2);
  shelf.refuses = new Full("ARC-7.7", "it is full", {}, 60);
  await assert.rejects(made.send(), /ARC-7\.7/);
  await made.send();
  clock.time += 61_000;
  await assert.rejects(made.send(), /ARC-7\.7/);
  const clauses = told.map((event) => event.is === "ArchiveHeld" && event.clause);
  assert.deepEqual(clauses, ["ARC-7.7"]);
  shelf.refuses = new Unreachable("away");
  clock.time += 61_000;
  await assert.rejects(made.send(), /away/);
  assert.equal(device.archive.waiting, 2);
  shelf.refuses = new Full("ARC-7.7", "it is full", {}, 60);
  clock.time += 61_000;
  await assert.rejects(made.send(), /ARC-7\.7/);
  // The next run knows of it, says so, and asks nobody before its time.
  const next: ConversationEvent[] = [];
  const again = new ArchiveCarrier(shelf.api(), device.archive, clock, (one) => next.push(one));
  await again.look();
  await again.send();
  const held = { clause: "ARC-7.7", reason: "it is full" };
  assert.deepEqual(next, [{ is: "ArchiveHeld", conversation: "", ...held }]);
  shelf.refuses = null;
  clock.time += 61_000;
  const ended: string[] = [];
  made.onGoingOn = () => void device.archive.place().then(({ held }) => ended.push(held));
  await made.close();
  assert.equal((await device.archive.place()).held, "");
  assert.deepEqual(ended, [""], "who shows that it waits hears that it does no more");
  assert.deepEqual(shelf.batches, [2]);
});

test("switched off elsewhere it ends here; without a key it does not begin", async () => {
  const { made, device, shelf } = await carrier(2);
  shelf.refuses = new Forbidden("ARC-7.8", "it is switched off");
  await assert.rejects(made.send(), /ARC-7\.8/);
  assert.equal(device.archive.waiting, 0);
  assert.equal(await device.archive.isOn(), false);
  shelf.refuses = null;
  await made.switch(true);
  assert.equal(await device.archive.isOn(), true);
  await made.switch(false);
  assert.equal(await device.archive.isOn(), false);
  const without = await carrier(0, false);
  await assert.rejects(without.made.switch(true), /DEV-14\.5/);
});
