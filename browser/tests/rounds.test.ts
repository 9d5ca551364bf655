/** What a device does by itself, round for round: its seat, whose keys it asks for, how it sends (DEV-8, 16, 17). */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Device } from "../device/device.ts";
import type { Answer, Look } from "../device/looking.ts";
import { CLOCK, UNFIT } from "../device/stops.ts";
import { Conflict, Forbidden, TooMuch, Unproven, Unreachable } from "../errors.ts";
import type { ApiClient } from "../messenger/api_client.ts";
import { GoingOn } from "../messenger/going_on.ts";
import type { KeyKeeper } from "../messenger/key_keeper.ts";
import { Lookups } from "../messenger/lookups.ts";
import { Messenger } from "../messenger/messenger.ts";
import { Seating } from "../messenger/seating.ts";
import { utf8 } from "../wire/bytes.ts";
import { ALICE, BOB, NOW, opened, packageOf, quietly, StillClock } from "./still.ts";

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

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Lookups of a device that wants these; what came of each is in `answers`. */
function looking(clock: StillClock, ask: (actor: string) => Promise<unknown>, ...who: string[]) {
  const wanted: readonly Look[] = who.map((actor) => ({ is: "Look", actor, least: "" }));
  const asked: string[] = [];
  const answers: (readonly [string, Answer])[] = [];
  const held: string[] = [];
  const trust = {
    hasDoubts: false,
    wanted: async () => wanted,
    beforeOwed: async () => new Map([["owed", wanted]]),
    beforeWords: async () => wanted,
    answered: async (actor: string, answer: Answer) => {
      answers.push([actor, answer]);
      return [];
    },
  };
  const holdBack = (group: string) => {
    held.push(group);
    return () => {
      if (held.includes(group)) held.splice(held.indexOf(group), 1);
    };
  };
  const device = { actor: ALICE, trust, holdBack } as unknown as Device;
  const api = {
    ask: (_: string, { query }: { query: { actor: string } }) => {
      asked.push(query.actor);
      return ask(query.actor);
    },
  } as unknown as ApiClient;
  const keeper = {} as KeyKeeper;
  return { of: new Lookups(api, device, keeper, clock, quietly), asked, answers, held };
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

test("who says more waits for the look that is under way, as long as for their own", async () => {
  const answered = Promise.withResolvers<unknown>();
  const { of, asked, answers } = looking(new StillClock(), () => answered.promise, BOB);
  let done = 0;
  const waiting = [of.beforeWords("g"), of.beforeWords("g"), of.round()].map((one) =>
    one.then(() => (done += 1)),
  );
  await soon();
  assert.deepEqual([done, asked], [0, [BOB]]);
  answered.resolve(await shown());
  await Promise.all(waiting);
  assert.deepEqual([asked.length, answers.length], [1, 1]);
  const late = new StillClock();
  const silent = looking(late, () => new Promise(() => undefined), BOB);
  void silent.of.beforeWords("g");
  await soon();
  late.isLate = true;
  await silent.of.beforeWords("g");
  assert.deepEqual(silent.asked, [BOB]);
});

test("what is owed waits for the look, and goes out with its answer, or when its time is over", async () => {
  const answered = Promise.withResolvers<unknown>();
  const one = looking(new StillClock(), () => answered.promise, BOB);
  const round = one.of.round();
  while (!one.asked.length) await soon();
  const more = one.of.beforeWords("owed").then(() => [...one.held]);
  await soon();
  assert.deepEqual(one.held, ["owed", "owed"]);
  answered.resolve(await shown());
  assert.deepEqual(await more, [], "before others hear of it");
  await round;
  const late = new StillClock();
  const silent = looking(late, () => new Promise(() => undefined), BOB);
  const waiting = silent.of.round();
  while (!silent.asked.length) await soon();
  assert.deepEqual(silent.held, ["owed"]);
  late.isLate = true;
  const again = looking(
    late,
    (actor) => (actor === BOB ? shown() : Promise.reject(AWAY)),
    BOB,
    "x",
  );
  await again.of.round();
  assert.deepEqual(again.held, []);
  void waiting;
});

const AWAY = new Unreachable("does not answer", true);

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

test("a key package that cannot be used keeps no other device out", async () => {
  const device = await opened(ALICE);
  const [good, other] = [await packageOf(BOB), await packageOf(ALICE)];
  const damaged = good.with(-1, (good.at(-1) ?? 0) ^ 1);
  const told: ConversationEvent[] = [];
  const api = { ask: () => Promise.reject(AWAY) } as unknown as ApiClient;
  const tell = (events: readonly ConversationEvent[]) => void told.push(...events);
  const of = new Lookups(api, device, {} as KeyKeeper, new StillClock(), tell);
  const junk = utf8("no key package");
  assert.deepEqual(await of.sift(BOB, [junk, damaged, good, other]), [good]);
  const doubted = { is: "DeviceDoubted", conversation: "", actor: BOB, seen: UNFIT } as const;
  assert.deepEqual(told, [doubted]);
  assert.deepEqual(await of.sift(BOB, [junk, good], false), [good]);
  assert.deepEqual(told, [doubted], "nobody meant to add it");
  for (const bad of [junk, damaged, other]) {
    await assert.rejects(of.sift(BOB, [bad]), (error: unknown) => {
      return error instanceof Forbidden && error.params.seen === UNFIT;
    });
  }
});

test("a clock that is wrong is not told as a friend's bad keys", async () => {
  const device = await opened(ALICE);
  const [good, other] = [await packageOf(BOB), await packageOf(ALICE)];
  const damaged = good.with(-1, (good.at(-1) ?? 0) ^ 1);
  const told: ConversationEvent[] = [];
  const api = { ask: () => Promise.reject(AWAY) } as unknown as ApiClient;
  const tell = (events: readonly ConversationEvent[]) => void told.push(...events);
  for (const days of [-400, -2, 200]) {
    const clock = new StillClock();
    clock.seconds = NOW + days * 86_400;
    const of = new Lookups(api, device, {} as KeyKeeper, clock, tell);
    const isSeen = (seen: string) => (error: unknown) =>
      error instanceof Forbidden && error.params.seen === seen;
    await assert.rejects(of.sift(BOB, [good]), isSeen(CLOCK));
    for (const bad of [utf8("no key package"), damaged, other]) {
      await assert.rejects(of.sift(BOB, [good, bad]), isSeen(UNFIT));
    }
  }
  assert.deepEqual(told, []);
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

test("a list that did not come true wakes whoever sends", async () => {
  const { of, device, carried } = await messenger(new BriskClock());
  let follows = true;
  device.trust.isFollowed = async () => follows;
  const running = of.keepSending();
  await of.pull(); // what else is due is done
  carried.length = 0;
  const rounds = async () => {
    let count = 0;
    const before = device.trust.lacking;
    device.trust.lacking = async (now) => {
      count += 1;
      return before.call(device.trust, now);
    };
    await of.take([]);
    for (let turns = 0; turns < 50; turns += 1) await soon();
    device.trust.lacking = before;
    return count;
  };
  assert.equal(await rounds(), 0);
  follows = false;
  assert(await rounds());
  await of.close();
  await running;
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

test("nothing else seals words before the look that they wait for is answered", async () => {
  const { of, device, carried } = await messenger(new BriskClock());
  const group = await device.start({ [BOB]: [await packageOf(BOB)] }, NOW);
  const carol = "https://c.example/carol";
  const other = await device.start({ [carol]: [await packageOf(carol)] }, NOW);
  await of.tryNow();
  const [before, asked] = [device.trust.beforeWords, Promise.withResolvers<void>()];
  device.trust.beforeWords = async (where, now) => {
    if (where !== group) return [];
    await asked.promise;
    return before.call(device.trust, where, now);
  };
  const isSent = async (where: string, id: string) => (await device.said(where, id)).sent;
  const one = await of.say(group, "one", "urn:uuid:1");
  const two = await of.say(group, "two", "urn:uuid:2");
  carried.length = 0;
  const elsewhere = await of.say(other, "goes out", "urn:uuid:3");
  while (!(await isSent(other, elsewhere.id))) await soon();
  await of.tryNow();
  assert.deepEqual(carried, ["POST /conversations/{ref}/messages"]);
  const owed = (await device.owed()).map(({ intent, content }) => [intent.type, content.length]);
  assert.deepEqual(owed, [
    ["Say", 0],
    ["Say", 0],
  ]);
  asked.resolve();
  for (const { id } of [one, two]) while (!(await isSent(group, id))) await soon();
  await assert.rejects(of.say(group, "x".repeat(1_000_000), "urn:uuid:4"), TooMuch);
  await of.say(group, "three", "urn:uuid:5");
  while (!(await isSent(group, "urn:uuid:5"))) await soon();
  await of.close();
});
