/** What the app says of what happened to chats, and how it stands until it was seen. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Archiving } from "../device/archiving.ts";
import type { ConversationEvent } from "../device/conversation_events.ts";
import type { DeviceState } from "../device/device_state.ts";
import { Chats } from "../worker/chats.ts";
import type { DeviceEvent } from "../worker/device_client.ts";
import { Notes } from "../worker/notes.ts";
import type { SharedVault } from "../worker/shared_vault.ts";
import type { Parts } from "../worker/speaking.ts";

const document = { documentElement: {} };
Object.assign(globalThis, { localStorage: { getItem: () => null }, document });
const { happened } = await import("../app/chats/happened.ts");

const plain = (words: string) => words.replace(/[\u2068\u2069]/g, "");
const said = (event: ConversationEvent) => plain(happened(event, () => "Ada"));
const RESTORED: ConversationEvent = { is: "NodeRestored", conversation: "" };
const back = (asked_again: number): ConversationEvent => {
  return { is: "ConversationCaughtUp", conversation: "g", asked_again };
};
const dropped = (change: string, clause: string): ConversationEvent => {
  const actors = ["https://ada.test/a/1"];
  return { is: "ChangeDropped", conversation: "g", change, actors, clause, reason: "no longer" };
};

test("what is lost is named, and what happens next", () => {
  assert.match(said(RESTORED), /put back from a copy.*may be lost.*go on by themselves\.$/);
  assert.match(said(back(0)), /back in this chat.*no longer has are lost\.$/);
  assert.match(said(back(1)), /A message .* was asked for again; older ones may be lost\.$/);
  assert.match(said(back(3)), /3 messages .* were asked for again/);
});

test("a change that was not done says which, and why", () => {
  assert.match(said(dropped("add", "E2E-2.2")), /bring Ada into this chat\. No longer\.$/);
  assert.match(said(dropped("remove", "E2E-2.2")), /take Ada out of this chat\./);
  assert.match(said(dropped("leave", "DEV-4.5")), /leave this chat\. Somebody else has done it/);
});

test("what could be read in no chat is told, too", () => {
  const lost = { clause: "MLS-6.1", reason: "not whole", asked_again: false };
  const words = said({ is: "MessageUnreadable", conversation: "", ...lost });
  assert.match(words, /could not read.*in which chat\. Not whole\.$/);
});

/** A vault of which only the worker's own rows are asked. */
function vault() {
  const rows = new Map<string, unknown>();
  let counter = 0;
  const made = {
    get counter() {
      return counter;
    },
    own: async (kind: string) => {
      const mine = [...rows].filter(([name]) => name.startsWith(`${kind}/`));
      return new Map(mine.map(([name, value]) => [name.slice(kind.length + 1), value]));
    },
    keep: async (kind: string, name: string, value: unknown) => {
      counter++;
      if (value === null) rows.delete(`${kind}/${name}`);
      else rows.set(`${kind}/${name}`, value);
    },
  };
  return made as unknown as SharedVault;
}

test("what was told stands after a restart until it is put away, once however often it is told", async () => {
  const kept = vault();
  const notes = await Notes.open(kept);
  await notes.tell(1, RESTORED);
  await notes.tell(2, back(0));
  await notes.tell(3, RESTORED);
  const again = await Notes.open(kept);
  assert.deepEqual(
    [...again.news.values()].map(({ at, group }) => [at, group]),
    [
      [2, "g"],
      [3, ""],
    ],
  );
  for (const name of [...again.news.keys()]) await again.putAway(name);
  assert.equal((await Notes.open(kept)).news.size, 0);
});

test("of much that is told the newest stands", async () => {
  const kept = vault();
  const notes = await Notes.open(kept);
  for (let asked = 0; asked < 105; asked++) await notes.tell(asked, back(asked));
  assert.equal(notes.news.size, 100);
  assert.equal((await Notes.open(kept)).news.size, 100);
  assert.equal([...notes.news.values()][0]?.at, 5);
});

test("how many are missing in the archive is told until somebody looked", async () => {
  let row: object = { missing: 3, held: "ARC-1.2" };
  const put = (_: string, next: object) => {
    row = next;
  };
  const state = { find: async () => row, put };
  const archiving = new Archiving(state as unknown as DeviceState);
  await archiving.seenMissing();
  assert.deepEqual(row, { missing: 0, held: "ARC-1.2" });
  const before = row;
  await archiving.seenMissing();
  assert.equal(row, before, "nothing is written where nothing changes");
});

const BOB = "https://bob.test/a/1";

/** The chats of a device that is in one conversation, with Bob. */
async function chats() {
  const kept = vault();
  const notes = await Notes.open(kept);
  const told: string[] = [];
  const row = { members: ["me", BOB], created: 1, left: false };
  const device = {
    actor: "me",
    untold: { number: async () => 0 },
    knownHandles: async () => new Map(),
    owed: async () => [],
    rosters: { all: async () => new Map(), of: async () => null, spoilt: async () => null },
    archive: { conversations: async () => new Map() },
    conversations: async () => new Map([["g", row]]),
    frozen: async () => false,
    held: async () => null,
    isAbsent: async () => false,
    behind: { isUnanswered: async () => false },
  };
  const parts = {
    device,
    vault: kept,
    notes,
    history: { load: async () => undefined, of: () => [], lines: () => [], take: () => [] },
    tell: ({ is }: DeviceEvent) => void told.push(is),
    meet: () => undefined,
    now: () => 7,
  };
  return { made: new Chats(parts as unknown as Parts), told };
}

test("what happened stands in its chat; of a conversation that is forgotten, where all chats are", async () => {
  const { made, told } = await chats();
  await made.hear(back(2));
  await made.hear({ ...back(0), conversation: "gone" } as ConversationEvent);
  await made.hear(RESTORED);
  await made.hear({ is: "NoDeviceLeft", conversation: "g", actor: BOB, has_new: false });
  const found = await made.news();
  assert.deepEqual(found.map(({ chat }) => chat).sort(), ["", "", BOB]);
  assert.equal(told.filter((is) => is === "news").length, 3);
  for (const { id } of found) await made.putAway(id);
  assert.deepEqual(await made.news(), []);
});
