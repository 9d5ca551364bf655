/** Which films are made smaller before they are sent, as what, and which part of them is shown. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, movedCover, movedEnd, movedStart } from "../app/film/part.ts";
import type { Job } from "../app/post/jobs.ts";
import { partOfMade, prepared } from "../app/post/prepared.ts";
import {
  type Means,
  type Part,
  planned,
  type SoundKind,
  type Source,
  type VideoKind,
  WHOLE,
} from "../film/plan.ts";

/** A minute of a phone at 20 Mbit a second. */
const PHONE: Source = {
  bytes: 150_000_000,
  seconds: 60,
  width: 1080,
  height: 1920,
  fps: 30,
  isHdr: false,
  isRead: true,
  sound: { codec: "aac", isRead: true },
};
const CUT: Part = { start: 10_000, end: 20_000, cover: 12_500 };

const means = (video: readonly VideoKind[], sound: readonly SoundKind[]): Means => ({
  video: async (kind) => video.includes(kind),
  sound: async (kind) => sound.includes(kind),
});
const ALL = means(["avc", "vp9", "av1"], ["aac", "opus"]);

const what = async (source: Partial<Source>, part = WHOLE, by = ALL) => {
  const found = await planned({ ...PHONE, ...source }, part, by);
  return typeof found === "string"
    ? found
    : `${found.kind} ${found.sound} ${found.width}x${found.height}`;
};

const TABLE: readonly (readonly [string, Partial<Source>, Part, Means, string])[] = [
  ["what a phone films", {}, WHOLE, ALL, "avc copy 720x1280"],
  ["lying on its side", { width: 1920, height: 1080 }, WHOLE, ALL, "avc copy 1280x720"],
  ["in 4K", { width: 2160, height: 3840 }, WHOLE, ALL, "avc copy 720x1280"],
  ["very wide", { width: 3840, height: 1080 }, WHOLE, ALL, "avc copy 1920x540"],
  ["with odd sides", { width: 405, height: 721 }, WHOLE, ALL, "avc copy 404x720"],
  ["never larger than it is", { width: 320, height: 240 }, WHOLE, ALL, "avc copy 320x240"],
  ["a browser without H.264", {}, WHOLE, means(["vp9", "av1"], ["opus"]), "vp9 copy 720x1280"],
  ["a browser with AV1 alone", {}, WHOLE, means(["av1"], ["opus"]), "av1 copy 720x1280"],
  ["a browser that writes nothing", {}, WHOLE, means([], []), "unable"],
  ["a part, whose sound is made anew", {}, CUT, ALL, "avc aac 720x1280"],
  ["a part, without AAC", {}, CUT, means(["vp9"], ["opus"]), "vp9 opus 720x1280"],
  ["a part whose sound nothing writes", {}, CUT, means(["avc"], []), "sound"],
  [
    "sound that this browser does not read",
    { sound: { codec: "ac3", isRead: false } },
    WHOLE,
    ALL,
    "sound",
  ],
  [
    "sound that has to be made anew",
    { sound: { codec: "pcm-s16", isRead: true } },
    WHOLE,
    means(["avc"], ["opus"]),
    "avc opus 720x1280",
  ],
  ["sound of no known kind", { sound: { codec: null, isRead: false } }, WHOLE, ALL, "sound"],
  ["none", { sound: null }, WHOLE, ALL, "avc null 720x1280"],
  ["a picture that this browser does not read", { isRead: false }, WHOLE, ALL, "picture"],
  ["bright colours", { isHdr: true }, WHOLE, ALL, "hdr"],
  ["what is small already", { bytes: 15_000_000 }, WHOLE, ALL, "small"],
  ["a part of what is small already", { bytes: 15_000_000 }, CUT, ALL, "avc aac 720x1280"],
  ["what has no length", { seconds: 0 }, WHOLE, ALL, "unread"],
  ["what has no end", { seconds: Number.NaN }, WHOLE, ALL, "unread"],
  ["what has no picture", { width: 0 }, WHOLE, ALL, "unread"],
];

for (const [name, source, part, by, wanted] of TABLE) {
  test(`made smaller: ${name}`, async () => assert.equal(await what(source, part, by), wanted));
}

test("what comes out is less, and never of more bits than there were", async () => {
  for (const megabytes of [1, 5, 20, 80, 400]) {
    const source = { ...PHONE, bytes: megabytes * 1_000_000 };
    const plan = await planned(source, WHOLE, ALL);
    if (typeof plan === "string") continue;
    assert(plan.bytes <= source.bytes * 0.75);
    assert(plan.bits <= (source.bytes * 8) / source.seconds);
  }
});

test("a codec that saves where the first one does not is taken", async () => {
  const source = { ...PHONE, bytes: 30_000_000 };
  const plan = await planned(source, WHOLE, ALL);
  assert(typeof plan !== "string");
  assert.equal(plan.kind, "vp9");
});

test("the ends of a part stay a second apart, inside, with the cover between them", () => {
  const whole = 10_050;
  assert.deepEqual(movedStart(WHOLE, 9_900, whole), { start: 9_050, end: null, cover: null });
  assert.deepEqual(movedStart(WHOLE, -5, whole), WHOLE);
  assert.deepEqual(movedEnd({ ...WHOLE, start: 4_000 }, 100, whole).end, 5_000);
  assert.equal(movedEnd(WHOLE, 10_000, whole).end, null, "as near as a slider comes");
  assert.equal(movedEnd(WHOLE, 9_900, whole).end, 9_900);
  const part = { start: 2_000, end: 6_000, cover: 3_000 };
  assert.equal(movedStart(part, 4_000, whole).cover, 4_000);
  assert.equal(movedEnd(part, 3_500, whole).cover, 3_000);
  assert.equal(movedEnd({ ...part, cover: 5_500 }, 4_000, whole).cover, 4_000);
  assert.equal(movedCover(part, 9_000, whole).cover, 6_000);
  assert.equal(movedCover(part, 0, whole).cover, 2_000);
});

test("the cover of a film that has only the part counts from its beginning", () => {
  assert.deepEqual(partOfMade(CUT), { start: 0, end: null, cover: 2_500 });
  assert.deepEqual(partOfMade(WHOLE), WHOLE);
});

test("a film that ended the browser three times is sent as it is", async () => {
  const kept: Job[] = [];
  const course = {
    signal: new AbortController().signal,
    put: async (job: Job) => void kept.push(job),
    shown: () => undefined,
  };
  const job = { id: "1", beginnings: 3, isPrepared: false, part: CUT, asItIs: "" } as Job;
  const ready = await prepared(job, new Blob(["film"]), course);
  assert.deepEqual([ready.isPrepared, ready.asItIs, ready.part], [true, "broke", CUT]);
  assert.deepEqual(kept, [ready]);
});

test("times are said to a tenth", () => {
  assert.deepEqual([0, 5_250, 65_300, 59_960].map(clock), ["0:00.0", "0:05.3", "1:05.3", "1:00.0"]);
});
