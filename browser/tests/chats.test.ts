/** Which groups are one chat, and what is found in them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { placed } from "../app/chats/items.ts";
import { type ConversationRow, encodeRow } from "../device/rows.ts";
import { restAfter, Signal, Turns } from "../messenger/waiting.ts";
import { type Bytes, EMPTY } from "../wire/bytes.ts";
import { hostsOf } from "../worker/arrivals.ts";
import type { Gap, HistoryItem, Message } from "../worker/device_client.ts";
import { History } from "../worker/history.ts";
import { matcher } from "../worker/matching.ts";
import { placesOf } from "../worker/places.ts";
import type { SharedVault } from "../worker/shared_vault.ts";

const [ALICE, BOB, CAROL] = ["alice", "bob", "carol"].map((name) => `https://${name}.test/a/1`);

function row(members: readonly string[], created: number, left = false): ConversationRow {
  return { group_id: EMPTY, ref: "", url: "", members, created, left, joined: 0, grown: 0 };
}

test("all groups of two people are one chat, and a group of three is its own", () => {
  assert(ALICE && BOB && CAROL);
  const known = new Map([
    ["01", row([ALICE, BOB], 1, true)],
    ["02", row([ALICE, BOB], 2)],
    ["03", row([ALICE, BOB, CAROL], 3)],
    ["04", row([ALICE], 4)],
  ]);
  const forgotten = new Map([
    ["05", [ALICE, CAROL]],
    ["02", [CAROL]],
  ]);
  const found = placesOf(ALICE, known, forgotten);
  assert.deepEqual([...found.keys()], [BOB, "03", "04", CAROL]);
  assert.deepEqual(found.get(BOB)?.groups, ["01", "02"]);
  assert.deepEqual(found.get(BOB)?.open, ["02"]);
  assert.equal(found.get(BOB)?.since, 2000);
  assert.deepEqual(found.get(CAROL)?.open, []);
  assert.deepEqual(hostsOf(ALICE, [BOB, CAROL, ALICE, "no address"]), [
    "bob.test",
    "carol.test",
    "",
  ]);
});

test("words are found whatever their case and accents are, all of them", () => {
  const has = matcher("  CAFE gruß ");
  assert(has("Grüße aus dem Café, mit Gruß"));
  assert(!has("Café"));
  assert(!matcher(" ")("anything"));
  assert(matcher("ﬁn")("the fin"));
});

test("turns come in their order, also behind one that fails", async () => {
  const turns = new Turns();
  const done: number[] = [];
  const failing = turns.take(async () => {
    throw new TypeError("no");
  });
  const all = [1, 2, 3].map((number) => turns.take(async () => void done.push(number)));
  await assert.rejects(failing, TypeError);
  await Promise.all(all);
  assert.deepEqual(done, [1, 2, 3]);
});

test("a signal that was given before it is waited for is not missed", async () => {
  const signal = new Signal();
  const never = new AbortController();
  signal.set();
  await signal.wait(never.signal);
  signal.clear();
  const waited = signal.wait(never.signal);
  signal.set();
  await waited;
  never.abort();
  signal.clear();
  await signal.wait(never.signal);
  assert.deepEqual([0, 1, 6, 50].map(restAfter), [250, 500, 15_000, 15_000]);
});

test("nobody's words take the place of another's, whatever id they say", () => {
  assert(ALICE && BOB);
  const said = (actor: string, id: string, words: string, number: number): Message => ({
    is: "message",
    id,
    chat: BOB ?? "",
    actor,
    kind: "Note",
    text: words,
    isMarkdown: false,
    html: "",
    isChanged: false,
    isUnknown: false,
    files: [],
    answers: null,
    reactions: [],
    at: number,
    number,
    state: null,
  });
  const gap = {
    is: "gap",
    id: "1",
    chat: BOB,
    at: 4,
    number: 4,
    because: { is: "plain", clause: "" },
    askedAgain: false,
  } as unknown as Gap;
  const one = said(ALICE, "1", "mine", 1);
  const items = [one, said(BOB, "1", "not mine", 3), said(BOB, "1", "now this", 3), gap];
  const shown = items.reduce<readonly HistoryItem[]>(placed, []);
  assert.deepEqual(shown, [one, items[2], gap]);
});

test("what nobody fetches is known by group and actor, and tells which words may stand elsewhere", async () => {
  assert(ALICE && BOB && CAROL);
  const message = (number: number) => {
    const said = { id: `urn:${number}`, actor: ALICE, text: "", kind: "Note", sent: true };
    return encodeRow({
      ...said,
      at: number * 1_000_000,
      number,
      digest: EMPTY,
      epoch: 0,
      mended: 0,
    });
  };
  const rows = new Map([1, 2, 3].map((n) => [`message/01/${ALICE} urn:${n}`, message(n)]));
  rows.set(`unfetched/01/${BOB}`, encodeRow({ since: 3 }));
  const all = async (prefix: string) => [...rows].filter(([name]) => name.startsWith(prefix));
  const history = new History({ all } as unknown as SharedVault);
  await history.load();
  assert.equal(history.unfetched("01", 2_999_999), null);
  assert.deepEqual(history.unfetched("01", 3_000_000), { [BOB]: 3 });
  assert.equal(history.unfetched("02", 3_000_000), null);
  const take = (name: string, value: Bytes | null) =>
    history.take(new Map([[name, value]]), new Set()).map(({ row: { number } }) => number);
  assert.deepEqual(take(`unfetched/01/${CAROL}`, encodeRow({ since: 2 })), [2, 3]);
  assert.deepEqual(history.unfetched("01", 3_000_000), { [BOB]: 3, [CAROL]: 2 });
  assert.deepEqual(take(`unfetched/01/${CAROL}`, null), [2, 3]);
  assert.deepEqual(take(`unfetched/01/${BOB}`, null), [3]);
  assert.equal(history.unfetched("01", 3_000_000), null);
});
