/** Listed devices are added one way or the other, whatever one of them does (DEV-17). */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Device } from "../device/device.ts";
import {
  Conflict,
  Forbidden,
  Full,
  type KithError,
  TooMuch,
  Unproven,
  Unreachable,
} from "../errors.ts";
import { Following } from "../messenger/following.ts";
import { parseKeyPackage } from "../mls/index.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import { ALICE, BOB, packageOf, quietly, StillClock } from "./still.ts";

/** Devices of somebody that are missing in a group; what their node and this device say of each. */
class Missing {
  readonly told: string[] = [];
  readonly asked: string[] = [];
  readonly actors: string[] = [];
  readonly claims = new Map<string, KithError>();
  readonly adds = new Map<string, KithError>();
  readonly rows = new Set<string>();
  readonly of: Following;
  isTogether = true;
  /** The devices of a claim to which there is no answer. */
  silent: string | null = null;
  wait: () => void = quietly;
  lacking: readonly (readonly [string, string])[] = [["g", BOB]];
  kept = 0;
  keeps: () => Promise<void> | void = quietly;
  during: () => Promise<void> | void = quietly;
  readonly names = new Map<string, string>();

  constructor(clock: StillClock, packages: ReadonlyMap<string, Bytes>) {
    const keys = [...packages].map(([name, data]) => {
      const { signatureKey } = parseKeyPackage(data).leaf;
      this.names.set(hex(signatureKey), name);
      return signatureKey;
    });
    const trust = {
      overdue: async () => [],
      lacking: async () => this.lacking,
      missing: async () => keys,
      toAsk: async () => (this.isTogether ? [keys] : keys.map((key) => [key])),
      named: async () => this.names,
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
    const claim = async (actor: string, devices: readonly string[], late: AbortSignal) => {
      this.asked.push(devices.join(" "));
      this.actors.push(actor);
      await this.during();
      if (devices.join(" ") === this.silent) {
        this.wait();
        if (!late.aborted) await new Promise((end) => late.addEventListener("abort", end));
        throw new Unreachable("it was cut");
      }
      for (const name of [devices.join(" "), ...devices]) {
        const fails = this.claims.get(name);
        if (fails !== undefined) throw fails;
      }
      return devices.flatMap((name) => packages.get(name) ?? []);
    };
    const keep = async () => {
      this.kept += 1;
      await this.keeps();
    };
    this.of = new Following(device, claim, keep, clock);
  }

  #called(keys: readonly Bytes[]): readonly string[] {
    return keys.map((key) => this.names.get(hex(key)) ?? "").sort();
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
  const ours = [
    new Unreachable("away"),
    new Unproven("API-3.1", "log in again"),
    new TooMuch("API-4.2", "too many requests", {}, 30),
    new Full("LIM-1.1", "the disk is full"),
    new Conflict("ACC-4.4", "another copy is the device"),
    new Conflict("ACC-4.5", "another seat"),
  ];
  for (const says of ours) {
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

test("who is ready by a list that is not known yet is asked for at once", async () => {
  const found = await missing(new StillClock(), "one");
  found.claims.set("one", new TooMuch("E2E-2.8", "later"));
  await found.of.round();
  found.keeps = () => found.names.set("a key", "two") && undefined;
  found.of.ready("two");
  await found.of.round();
  assert.equal(found.kept, 1);
  assert.equal(found.asked.length, 2, "it rests no longer");
});

test("for who is on no list it is read once a minute, whatever the node says", async () => {
  const clock = new StillClock();
  const found = await missing(clock, "one");
  found.claims.set("one", new TooMuch("E2E-2.8", "later"));
  await found.of.round();
  assert.equal(found.of.rest(), 3600);
  for (let time = 0; time < 5; time++) {
    found.of.ready(`nobody ${time}`);
    await found.of.round();
  }
  assert.deepEqual([found.kept, found.asked.length, found.of.rest()], [1, 1, 60]);
  clock.seconds += 60;
  assert.equal(found.of.rest(), 0);
  found.keeps = () => Promise.reject(new Unreachable("away"));
  await assert.rejects(found.of.round(), Unreachable);
  assert.deepEqual([found.kept, found.of.rest()], [2, 60], "it is still to be read");
  clock.seconds += 60;
  found.keeps = quietly;
  await found.of.round();
  assert.deepEqual([found.kept, found.of.rest()], [3, 3600]);
});

test("a server that is silent is so for each device of theirs, once", async () => {
  const clock = new StillClock();
  const found = await missing(clock, "one", "two");
  [found.isTogether, found.silent, clock.isLate] = [false, "one", true];
  found.lacking = [
    ["g", BOB],
    ["h", BOB],
  ];
  await found.of.round();
  assert.deepEqual(found.asked, ["one"]);
  assert.deepEqual(found.told, ["has no one two"]);
});

test("our own devices wait for nobody else's server", async () => {
  const found = await missing(new StillClock(), "one");
  found.lacking = [
    ["g", BOB],
    ["h", ALICE],
    ["i", BOB],
    ["j", ALICE],
  ];
  await found.of.round();
  assert.deepEqual(found.actors, [ALICE, ALICE, BOB, BOB]);
});

/** A pause ends when the test says so. */
class EndingClock extends StillClock {
  end: () => void = quietly;

  override async pause(_: number, cut?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.end = resolve;
      cut?.addEventListener("abort", () => resolve());
    });
  }
}

test("what came before the rest was cut off is used", async () => {
  const clock = new EndingClock();
  const found = await missing(clock, "one", "two");
  found.claims.set("one two", new TooMuch("E2E-2.8", "later"));
  found.silent = "two";
  found.wait = () => clock.end();
  await found.of.round();
  assert.deepEqual(found.asked, ["one two", "one", "two"]);
  assert.deepEqual(found.told, ["has one", "has no two", "added one"]);
  const away = await missing(new StillClock(), "one", "two");
  away.claims.set("one two", new TooMuch("E2E-2.8", "later"));
  away.claims.set("two", new Unreachable("away"));
  await away.of.round();
  assert.deepEqual(away.told, ["has one", "added one"]);
});

test("who is off the list by now is not asked for, and nobody in their place", async () => {
  const found = await missing(new StillClock(), "one", "two");
  const [first] = found.names.keys();
  found.names.delete(first ?? "");
  await found.of.round();
  assert.deepEqual(found.asked, ["two"]);
  found.names.clear();
  await found.of.round();
  assert.deepEqual(found.asked, ["two"], "no device named would be all");
});
