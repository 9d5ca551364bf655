/** What a device does by itself, round for round: its seat, whose keys it asks for, whom it adds (DEV-8, 16, 17). */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Device } from "../device/device.ts";
import type { Answer, Look } from "../device/looking.ts";
import type { Changes, Rows } from "../device/rows.ts";
import { Conflict, Forbidden, type KithError, Unproven, Unreachable } from "../errors.ts";
import type { ApiClient } from "../messenger/api_client.ts";
import { Following } from "../messenger/following.ts";
import { GoingOn } from "../messenger/going_on.ts";
import type { KeyKeeper } from "../messenger/key_keeper.ts";
import { Lookups } from "../messenger/lookups.ts";
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

  async pause(_: number, cut?: AbortSignal): Promise<void> {
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

test("a seat that is refused is followed by another one, however young it is", async () => {
  const [clock, device] = [new StillClock(), await opened(ALICE)];
  let taken = 0;
  const api = {
    seat: 0,
    ask: async () => {
      taken += 1;
      return { seat: taken };
    },
  } as unknown as ApiClient;
  const seating = new Seating(api, device, clock, quietly);
  await seating.take();
  await Promise.all([seating.retake(1), seating.retake(1)]);
  assert.deepEqual([api.seat, taken], [2, 2]);
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

/** Somebody's device is missing in a group; what the device was told of it. */
async function following(clock: StillClock, fails: KithError | null, adds: KithError | null) {
  const data = await packageOf(BOB);
  const { signatureKey } = parseKeyPackage(data).leaf;
  const told: string[] = [];
  const trust = {
    overdue: async () => [],
    lacking: async () => [["g", BOB]],
    missing: async () => [signatureKey],
    toAsk: async () => [signatureKey],
    named: async () => new Map([[hex(signatureKey), "one"]]),
    claimed: async (came: readonly Bytes[]) => told.push(`claimed ${came.length}`),
    declined: async () => told.push("declined"),
    followed: async () => told.push("followed"),
  };
  const add = async () => {
    if (adds !== null) throw adds;
    told.push("added");
  };
  const device = { actor: ALICE, trust, add } as unknown as Device;
  const claim = async (_: string, devices: readonly string[]) => {
    assert.deepEqual(devices, ["one"]);
    if (fails !== null) throw fails;
    return [data];
  };
  return { of: new Following(device, claim, clock), told };
}

test("who is missing is claimed and added; what cannot be added is remembered", async () => {
  const good = await following(new StillClock(), null, null);
  await good.of.round();
  assert.deepEqual(good.told, ["claimed 1", "added", "followed"]);
  const clock = new StillClock();
  const bad = await following(clock, null, new Forbidden("MLS-7.3f", "it has ended"));
  await bad.of.round();
  assert.deepEqual(bad.told, ["claimed 1", "declined", "followed"]);
  await bad.of.round();
  assert.equal(bad.told.length, 3, "it rests for a minute");
  clock.seconds -= 3600;
  await bad.of.round();
  assert.equal(bad.told.length, 6, "and no longer where the clock was set back");
});

test("where our own node is away nothing is said of anybody's devices", async () => {
  const away = await following(new StillClock(), new Unreachable("away"), null);
  await away.of.round();
  assert.deepEqual(away.told, []);
  const beyond = await following(new StillClock(), new Unreachable("away", true), null);
  await beyond.of.round();
  assert.deepEqual(beyond.told, ["claimed 0", "followed"]);
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
