/** Every case of the must-refuse corpus is refused by its clause, and every twin is accepted. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import type { Session } from "../mls/private/session.ts";
import { type Deed, perform, Receiver, type Shelf, sessionOf, verdict } from "./replay.ts";

const CORPUS = new URL("../../spec/vectors/mls-refuse/", import.meta.url);
const FILES = readdirSync(CORPUS).filter((name) => name.endsWith(".json"));

function open(name: string): { shelf: Shelf; receivers: Map<string, Receiver> } {
  const shelf = JSON.parse(readFileSync(new URL(name, CORPUS), "utf8")) as Shelf;
  const receivers = Object.entries(shelf.receivers);
  return {
    shelf,
    receivers: new Map(receivers.map(([who, data]) => [who, new Receiver(data, shelf.now)])),
  };
}

for (const name of FILES) {
  const { shelf, receivers } = open(name);
  const receiverOf = (deed: Deed) => receivers.get(deed.receiver) as Receiver;

  test(`each twin is accepted: ${name}`, async () => {
    for (const twin of Object.values(shelf.twins)) {
      assert.deepEqual(await perform(twin, receiverOf(twin), shelf.now), twin.gives);
    }
  });

  test(`each case is refused by its clause: ${name}`, async () => {
    const wrong: string[] = [];
    const waiting = new Map<string, Session>();
    for (const one of shelf.cases) {
      const deed = { ...shelf.twins[one.twin], ...one } as Deed;
      const ofItsOwn = deed.before ?? deed.distrusts ?? deed.without_psks;
      let session: Session | null = null;
      if (deed.do === "receive" && !ofItsOwn) {
        // What is refused changes nothing: the next case may ask the same session.
        session =
          waiting.get(deed.receiver) ?? (await sessionOf(deed, receiverOf(deed), shelf.now));
        waiting.set(deed.receiver, session);
      }
      const found = await verdict(deed, receiverOf(deed), shelf.now, session);
      if (found !== deed.clause) {
        wrong.push(`${one.name}: ${found}, not ${deed.clause}`);
        waiting.clear();
      }
    }
    assert.deepEqual(wrong, []);
    for (const [who, session] of waiting) {
      assert.deepEqual(session.dump(), await receivers.get(who)?.records());
    }
  });
}
