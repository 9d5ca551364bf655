/** Whenever a browser is killed, what the device told comes to stand where a person sees it, and once. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Device } from "../device/device.ts";
import type { Changes } from "../device/rows.ts";
import { Forbidden, NoRoom } from "../errors.ts";
import type { Vault } from "../vault/vault.ts";
import { type Bytes, utf8 } from "../wire/bytes.ts";
import { Chats } from "../worker/chats.ts";
import { History } from "../worker/history.ts";
import { Notes } from "../worker/notes.ts";
import { SharedVault } from "../worker/shared_vault.ts";
import type { Parts } from "../worker/speaking.ts";
import { Seeded } from "./seeded.ts";

const NOW = 1_800_000_000;
const ALICE = "https://a.example/alice";
const BOB = "https://b.example/bob";

/** A vault in memory that writes so many steps more, and then none. */
class Mortal {
  counter = 0;
  left = Number.POSITIVE_INFINITY;
  readonly rows = new Map<string, Bytes>();

  names = () => [...this.rows.keys()].sort();
  has = (name: string) => this.rows.has(name);
  read = async (name: string) => this.rows.get(name) ?? null;
  readAll = async (names: readonly string[]) =>
    new Map(names.map((name) => [name, this.rows.get(name) as Bytes]));

  async step(changes: Changes): Promise<void> {
    if (this.left-- <= 0) throw new NoRoom("killed");
    this.counter += 1;
    for (const [name, value] of changes) {
      if (value === null) this.rows.delete(name);
      else this.rows.set(name, value);
    }
  }
}

/** A run of the worker on what the vault has: first it hears what nobody heard before. */
async function run(vault: Mortal) {
  const shared = new SharedVault(vault as unknown as Vault);
  const device = await Device.open(shared, new Seeded(`alice ${vault.counter}`), ALICE);
  const notes = await Notes.open(shared);
  const parts = {
    device,
    vault: shared,
    history: new History(shared),
    notes,
    tell: () => undefined,
    isTold: () => true,
    meet: () => undefined,
    now: () => NOW * 1000,
  };
  const chats = new Chats(parts as unknown as Parts);
  for (const event of await device.untold.events()) await chats.hear(event);
  return { device, notes, chats };
}

/** A conversation that the home node knows. */
async function founded(): Promise<Mortal> {
  const vault = new Mortal();
  const { device } = await run(vault);
  const bob = await Device.open(new Mortal() as unknown as SharedVault, new Seeded("bob"), BOB);
  const [[keyPackage] = []] = await bob.newPackages(1, false, NOW);
  assert(keyPackage !== undefined);
  await device.start({ [BOB]: [keyPackage] }, NOW);
  for (;;) {
    const asked = await device.next(NOW);
    if (asked.is === "Wait" || asked.is === "Tell") return vault;
    const url = "https://a.example/o/1";
    const made = { is: "Created", ref: "r", url } as const;
    await device.tell(asked, asked.is === "Create" ? made : { is: "Accepted", term: 0 }, NOW);
  }
}

const LIFE = ["0", "1"].map((digit) => digit.repeat(32));

async function happenings({ device, chats }: Awaited<ReturnType<typeof run>>): Promise<void> {
  const junk = [1, 2].map((seq) => ({ seq, ref: "r", url: "", content: utf8("junk"), at: NOW }));
  for (const event of await device.receive(junk, NOW, LIFE[0])) await chats.hear(event);
  const [[group] = [""]] = [...(await device.conversations())];
  await device.words.say(group, "refused", NOW * 1e6);
  const asked = await device.next(NOW);
  assert(asked.is === "Send");
  const told = await device.tell(asked, new Forbidden("E2E-3.2", "no"), NOW);
  for (const event of told) await chats.hear(event);
  for (const event of await device.receive([], NOW, LIFE[1])) await chats.hear(event);
}

test("whenever it is killed, what was told stands there, once", async () => {
  const counts: string[] = [];
  for (let steps = 0; steps < 16; steps++) {
    const vault = await founded();
    const first = await run(vault);
    vault.left = steps;
    await happenings(first).catch((error: unknown) => assert(error instanceof NoRoom));
    vault.left = Number.POSITIVE_INFINITY;
    const wasRead = vault.has("device/cursor");
    for (const again of [1, 2]) {
      const { notes, device } = await run(vault);
      assert.equal(notes.gaps.size, wasRead ? 2 : 0, `after ${steps} steps, run ${again}`);
      const life = await vault.read("device/incarnation");
      const isRestored = life !== null && new TextDecoder().decode(life).includes(LIFE[1] ?? "");
      assert.equal(notes.news.size, isRestored ? 1 : 0);
      const said = await device.history(...(await device.conversations()).keys());
      const isRefused = said.length > 0 && !(await device.owed()).length;
      assert.equal(notes.refused.size, isRefused ? 1 : 0);
      assert.deepEqual(await device.untold.events(), []);
      counts.push(`${notes.gaps.size} ${notes.news.size} ${notes.refused.size}`);
    }
  }
  assert.equal(counts[0], "0 0 0");
  assert.equal(counts.at(-1), "2 1 1");
});
