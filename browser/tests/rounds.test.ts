/** What a device does by itself, round for round: its seat, whose keys it asks for, whom it adds (DEV-8, 16, 17). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Device } from "../device/device.ts";
import type { Answer, Look } from "../device/looking.ts";
import type { Changes, Rows } from "../device/rows.ts";
import { Conflict, Forbidden, type KithError, TooMuch, Unproven, Unreachable } from "../errors.ts";
import type { ApiClient } from "../messenger/api_client.ts";
import { Following } from "../messenger/following.ts";
import { GoingOn } from "../messenger/going_on.ts";
import type { KeyKeeper } from "../messenger/key_keeper.ts";
import { Lookups } from "../messenger/lookups.ts";
import { Messenger } from "../messenger/messenger.ts";
import { Seating } from "../messenger/seating.ts";
import { parseKeyPackage } from "../mls/index.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";

const NOW = 1_800_000_000;
const ALICE = "https://a.example/alice";
const BOB = "https://b.example/bob";

/** It stands still until a test moves it; a pause ends when it is cut, or at once where `isLate`. */
class StillClock {
  seconds = NOW;
  isLate = false;

  now(): number {
    return this.seconds * 1000;
  }

  readonly pauses: number[] = [];

  async pause(milliseconds: number, cut?: AbortSignal): Promise<void> {
    this.pauses.push(milliseconds);
    if (this.isLate || cut?.aborted) return;
    await new Promise((resolve) => cut?.addEventListener("abort", resolve));
  }
}

class ClearRows implements Rows {
  counter = 0;
  readonly rows = new Map<string, Bytes>();

  names(): readonly string[] {
    return [...this.rows.keys()].sort();
  }

  async read(name: string): Promise<Bytes | null> {
    return this.rows.get(name) ?? null;
  }

  async step(changes: Changes): Promise<void> {
    this.counter += 1;
    for (const [name, value] of changes) {
      if (value === null) this.rows.delete(name);
      else this.rows.set(name, value);
    }
  }
}

function opened(actor: string): Promise<Device> {
  return Device.open(new ClearRows(), new Seeded(actor), actor);
}

async function packageOf(actor: string): Promise<Bytes> {
  const [[found] = []] = await (await opened(actor)).newPackages(1, false, NOW);
  assert(found !== undefined);
  return found;
}

const quietly = () => undefined;

test("a seat lasts ten minutes, and no longer where the clock was set back", async () => {
  const [clock, device] = [new StillClock(), await opened(ALICE)];
  const taken: number[] = [];
  const api = {
    ask: async () => {
      taken.push(clock.seconds - NOW);
      return { seat: taken.length };
    },
  } as unknown as ApiClient;
  const seating = new Seating(api, device, clock, quietly);
  for (const at of [0, 599, 600, -86_400, -86_000]) {
    clock.seconds = NOW + at;
    await seating.take();
  }
  assert.deepEqual(taken, [0, 600, -86_400]);
});

test("a vault that is refused its seat is frozen", async () => {
  const device = await opened(ALICE);
  const api = {
    ask: () => Promise.reject(new Conflict("ACC-4.4", "another copy is in use")),
  } as unknown as ApiClient;
  await assert.rejects(new Seating(api, device, new StillClock(), quietly).take(), Conflict);
  assert(await device.frozen());
});

/** Lookups of a device that wants these; what came of each is in `answers`. */
function looking(clock: StillClock, ask: (actor: string) => Promise<unknown>, ...who: string[]) {
  const wanted: readonly Look[] = who.map((actor) => ({ is: "Look", actor, least: "" }));
  const asked: string[] = [];
  const answers: (readonly [string, Answer])[] = [];
  const trust = {
    hasDoubts: false,
    wanted: async () => wanted,
    beforeOwed: async () => [],
    beforeWords: async () => wanted,
    answered: async (actor: string, answer: Answer) => {
      answers.push([actor, answer]);
      return [];
    },
  };
  const device = { actor: ALICE, trust } as unknown as Device;
  const api = {
    ask: (_: string, { query }: { query: { actor: string } }) => {
      asked.push(query.actor);
      return ask(query.actor);
    },
  } as unknown as ApiClient;
  const keeper = {} as KeyKeeper;
  return { of: new Lookups(api, device, keeper, clock, quietly), asked, answers };
}

const shown = async () => ({ delegation: "", list: "" });

test("the same is asked once a minute, also where the clock is set back", async () => {
  const clock = new StillClock();
  const { of, asked } = looking(clock, shown, BOB);
  await of.round();
  await of.beforeWords("g");
  assert(!of.isDue && asked.length === 1);
  clock.seconds += 60;
  assert(of.isDue);
  await of.round();
  clock.seconds -= 86_400;
  assert(of.isDue);
  await of.beforeWords("g");
  assert.deepEqual(asked, [BOB, BOB, BOB]);
});

test("who is not signed for is an answer, and a token that is not good is none", async () => {
  const unsigned = new Unproven("KEY-1.6", "not signed by its key");
  const { of, answers } = looking(new StillClock(), () => Promise.reject(unsigned), BOB);
  await of.round();
  assert.deepEqual(answers, [[BOB, unsigned]]);
  const loggedOut = new Unproven("API-2.1", "this session has ended");
  const other = looking(new StillClock(), () => Promise.reject(loggedOut), BOB);
  await assert.rejects(other.of.round(), Unproven);
  assert.deepEqual(other.answers, []);
});

test("an absent node of our own says nothing of others, a server of theirs does", async () => {
  for (const beyond of [false, true]) {
    const away = new Unreachable("does not answer", beyond);
    const { of, answers } = looking(new StillClock(), () => Promise.reject(away), BOB);
    await of.round();
    assert.equal(answers.length, +beyond);
  }
});

/** Devices of somebody that are missing in a group; what their node and this device say of each. */
class Missing {
  readonly told: string[] = [];
  readonly asked: string[] = [];
  readonly claims = new Map<string, KithError>();
  readonly adds = new Map<string, KithError>();
  readonly rows = new Set<string>();
  readonly of: Following;
  isTogether = true;
  during: () => Promise<void> | void = quietly;
  readonly #names = new Map<string, string>();

  constructor(clock: StillClock, packages: ReadonlyMap<string, Bytes>) {
    const keys = [...packages].map(([name, data]) => {
      const { signatureKey } = parseKeyPackage(data).leaf;
      this.#names.set(hex(signatureKey), name);
      return signatureKey;
    });
    const trust = {
      overdue: async () => [],
      lacking: async () => [["g", BOB]],
      missing: async () => keys,
      toAsk: async () => (this.isTogether ? [keys] : keys.map((key) => [key])),
      named: async () => this.#names,
      claimed: async (came: readonly Bytes[], none: readonly Bytes[]) => {
        this.#tell("has", came);
        this.#tell("has no", none);
      },
      declined: async (_: string, some: readonly Bytes[]) => this.#tell("declined", some),
      ready: async (device: string) => this.rows.has(device),
      followed: async () => this.told.push("followed"),
    };
    const add = async (
      _: string,
      given: Record<string, readonly Bytes[]>,
      __: number,
      by: unknown,
    ) => {
      assert.equal(by, true, "no person wished it");
      const those = Object.values(given).flat();
      const found = those.map((data) => parseKeyPackage(data).leaf.signatureKey);
      for (const name of this.#called(found)) {
        const fails = this.adds.get(name);
        if (fails !== undefined) throw fails;
      }
      this.#tell("added", found);
    };
    const device = { actor: ALICE, trust, add } as unknown as Device;
    const claim = async (_: string, devices: readonly string[]) => {
      this.asked.push(devices.join(" "));
      await this.during();
      for (const name of devices) {
        const fails = this.claims.get(name);
        if (fails !== undefined) throw fails;
      }
      return devices.flatMap((name) => packages.get(name) ?? []);
    };
    this.of = new Following(device, claim, clock);
  }

  #called(keys: readonly Bytes[]): readonly string[] {
    return keys.map((key) => this.#names.get(hex(key)) ?? "").sort();
  }

  #tell(what: string, keys: readonly Bytes[]): void {
    if (keys.length) this.told.push(`${what} ${this.#called(keys).join(" ")}`);
  }
}

async function missing(clock: StillClock, ...names: readonly string[]): Promise<Missing> {
  const found = new Map<string, Bytes>();
  for (const [at, name] of names.entries()) found.set(name, await packageOf(at ? ALICE : BOB));
  return new Missing(clock, found);
}

test("who is missing is claimed and added; what cannot be added is remembered", async () => {
  const good = await missing(new StillClock(), "one");
  await good.of.round();
  assert.deepEqual(good.told, ["has one", "added one", "followed"]);
  const clock = new StillClock();
  const bad = await missing(clock, "one");
  bad.adds.set("one", new Forbidden("MLS-7.3f", "it has ended"));
  await bad.of.round();
  assert.deepEqual(bad.told, ["has one", "declined one", "followed"]);
  await bad.of.round();
  assert.equal(bad.told.length, 3, "it rests for a minute");
  clock.seconds -= 3600;
  await bad.of.round();
  assert.equal(bad.told.length, 6, "and no longer where the clock was set back");
});

test("a device whose claim or Add is refused keeps no other one out", async () => {
  const refusals = [
    new TooMuch("E2E-2.8", "at most 200 in an hour"),
    new Unproven("MLS-10.1b", "the signature of a key package is wrong"),
  ];
  for (const says of refusals) {
    const claimed = await missing(new StillClock(), "one", "two");
    claimed.claims.set("one", says);
    await claimed.of.round();
    assert.deepEqual(claimed.asked, ["one two", "one", "two"]);
    assert.deepEqual(claimed.told, ["has no one", "has two", "added two", "followed"]);
    const added = await missing(new StillClock(), "one", "two");
    added.adds.set("one", says);
    await added.of.round();
    assert.deepEqual(added.asked, ["one two"], "what was claimed is used");
    assert.deepEqual(added.told, ["has one two", "declined one", "added two", "followed"]);
  }
  const alone = await missing(new StillClock(), "one", "two");
  alone.isTogether = false;
  await alone.of.round();
  assert.deepEqual(alone.asked, ["one", "two"]);
});

test("who came in meanwhile was not refused", async () => {
  const found = await missing(new StillClock(), "one", "two");
  for (const name of ["one", "two"]) found.adds.set(name, new Conflict("DEV-4.5", "it is so"));
  await found.of.round();
  assert.deepEqual(found.told, ["has one two", "followed"]);
});

test("where our own node is away nothing is said of anybody's devices", async () => {
  for (const says of [new Unreachable("away"), new Unproven("API-3.1", "log in again")]) {
    const away = await missing(new StillClock(), "one", "two");
    away.claims.set("one", says);
    await away.of.round();
    assert.deepEqual(away.told, []);
    assert.equal(away.asked.length, 1);
  }
  const beyond = await missing(new StillClock(), "one", "two");
  beyond.claims.set("one", new Unreachable("away", true));
  await beyond.of.round();
  assert.deepEqual(beyond.told, ["has no one two", "followed"]);
  assert.equal(beyond.asked.length, 1, "their server is away for each of them");
});

test("rounds take turns, and what is said during one is heard behind it", async () => {
  const clock = new StillClock();
  const one = await missing(clock, "one");
  one.claims.set("one", new TooMuch("E2E-2.8", "later"));
  let [atOnce, most] = [0, 0];
  one.during = async () => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await Promise.resolve();
    atOnce -= 1;
    if (one.asked.length === 1) one.of.ready("one");
    one.rows.add("one");
  };
  await Promise.all([one.of.round(), one.of.round(), one.of.round()]);
  assert.equal(most, 1);
  assert.deepEqual(one.asked, ["one", "one"]);
});

test("that a device is ready is heard once a minute, where it was asked for in vain", async () => {
  const clock = new StillClock();
  const one = await missing(clock, "one");
  one.claims.set("one", new TooMuch("E2E-2.8", "later"));
  await one.of.round();
  one.of.ready("one");
  await one.of.round();
  assert.equal(one.asked.length, 1, "nobody waits for it");
  one.rows.add("one");
  for (let time = 0; time < 3; time++) {
    one.of.ready("one");
    await one.of.round();
  }
  assert.equal(one.asked.length, 2);
  clock.seconds += 60;
  one.of.ready("one");
  await one.of.round();
  assert.equal(one.asked.length, 3);
});

test("two words at once begin one conversation", async () => {
  const begun: string[] = [];
  const device = {
    between: async () => begun,
    isAbsent: async () => false,
    behind: { isUnanswered: async () => false },
    trust: { knowsOwn: async () => true },
    goOn: async (_: readonly string[], group: string) => Number(group),
  } as unknown as Device;
  const start = async () => {
    begun.push("7");
    return "7";
  };
  const going = new GoingOn(device, async () => [await packageOf(BOB)], start);
  assert.deepEqual(await Promise.all([going.byWord(BOB), going.byWord(BOB)]), [7, 7]);
  assert.deepEqual(begun, ["7"]);
});

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What waits less than a second waits no longer than it has to. */
class BriskClock extends StillClock {
  override async pause(milliseconds: number, cut?: AbortSignal): Promise<void> {
    if (milliseconds < 1000) await soon();
    else await super.pause(milliseconds, cut);
  }
}

/** The messenger of a device whose node takes everything, and how often a view may be another. */
async function messenger(clock: StillClock) {
  const device = await opened(ALICE);
  const carried: string[] = [];
  let moved = 0;
  const hears = { told: quietly, moved: () => (moved += 1) };
  const ask = async (call: string) => {
    carried.push(call);
    if (call === "POST /device/seat") return { seat: 1 };
    if (call === "GET /keys") throw new Unreachable("their server is away", true);
    return { ref: "r", url: "https://a.example/o/1", item: null };
  };
  const api = { ask, pages: async function* () {} } as unknown as ApiClient;
  const of = new Messenger(api, device, clock, hears, "one");
  return { of, device, carried, moved: () => moved };
}

test("views are made anew only where something was carried", async () => {
  const { of, device, carried, moved } = await messenger(new BriskClock());
  await of.tryNow();
  await of.tryNow();
  assert.deepEqual(carried, ["POST /device/seat"]);
  assert.equal(moved(), 0);
  await device.start({ [BOB]: [await packageOf(BOB)] }, NOW);
  await of.tryNow();
  assert(carried.length > 1 && moved() > 0);
  await of.close();
});

test("a program rests as long as time alone changes nothing, and goes on when a device is ready", async () => {
  for (const rest of [120, 3600]) {
    const clock = new BriskClock();
    const { of, device, carried } = await messenger(clock);
    device.trust.rest = async () => rest;
    const running = of.keepSending();
    await soon();
    assert.deepEqual([clock.pauses, carried], [[rest * 1000], []]);
    of.ready("another");
    while (!carried.length) await soon();
    await of.close();
    await running;
  }
});

test("words are in the vault before anybody is asked, and sealed when they were", async () => {
  const { of, device, carried } = await messenger(new BriskClock());
  const group = await device.start({ [BOB]: [await packageOf(BOB)] }, NOW);
  await of.tryNow();
  const before = device.trust.beforeWords.bind(device.trust);
  const [asking, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  device.trust.beforeWords = async (...those) => {
    asking.resolve();
    await asked.promise;
    return before(...those);
  };
  const words = async () => (await device.owed()).filter(({ intent }) => intent.type === "Say");
  const said = await of.say(group, "kept", "urn:uuid:1");
  await asking.promise;
  assert.deepEqual(
    (await words()).map(({ content }) => content.length),
    [0],
  );
  assert.equal((await device.said(group, said.id)).sent, false);
  carried.length = 0;
  asked.resolve();
  while (!(await device.said(group, said.id)).sent) await soon();
  assert.deepEqual(carried, ["GET /keys", "POST /conversations/{ref}/messages"]);
  await of.close();
});
