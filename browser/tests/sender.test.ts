/** A post on its way: what ends it, what stops it, and what is taken back. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "../app/api.ts";
import type { Video } from "../app/api_types.ts";
import type { Job } from "../app/post/jobs.ts";
import { type Course, carry, leftAtNode, takeBack } from "../app/post/sender.ts";
import { WHOLE } from "../film/plan.ts";

const JOB: Job = {
  id: "1",
  actor: "https://alice.test/a/1",
  size: 4,
  part: WHOLE,
  isPrepared: true,
  beginnings: 0,
  asItIs: "",
  fileName: "film.mp4",
  title: "",
  words: "",
  audience: "friends",
  warning: "",
  begun: 0,
  state: "uploading",
  upload: "u",
  video: "",
  progress: 0,
  fault: "",
};

const conflict = (clause: string) => new Problem(409, "conflict", clause, "no");

/** A course whose node answers by `answers`, and what was asked and kept. */
function course(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const kept: Job[] = [];
  const ready: Video[] = [];
  const stop = new AbortController();
  const made: Course = {
    signal: stop.signal,
    ask: async <T>(method: string, path: string) => {
      const line = `${method} ${path}`;
      asked.push(line);
      const answer = answers[line];
      if (answer instanceof Error) throw answer;
      return answer as T;
    },
    explain: String,
    put: async (job) => void kept.push(job),
    file: async () => new Blob(["film"]),
    prepare: async (job) => {
      const ready = { ...job, isPrepared: true, size: 3, part: { ...WHOLE, cover: 500 } };
      asked.push("prepare");
      kept.push(ready);
      return ready;
    },
    ready: (video) => void ready.push(video),
    rest: async () => {
      stop.abort();
      stop.signal.throwIfAborted();
    },
  };
  return { asked, kept, ready, stop, made };
}

const OPEN = { id: "u", size: 4, offset: 0, state: "open", expires: "", chunk_limit_bytes: 4 };

for (const clause of ["VID-1.5", "VID-1.10", "VID-5.4"]) {
  test(`an upload that takes no more (${clause}) is not tried for ever`, async () => {
    const { made } = course({ "GET /uploads/u": OPEN, "PUT /uploads/u": conflict(clause) });
    assert.equal((await carry(JOB, made))?.state, "failed");
  });
}

const PROCESSING = { id: "v", state: "processing", progress: 50 };

test("a video of which the answer is lost is found by its upload", async () => {
  const { made, asked, kept } = course({
    "GET /uploads/u": { ...OPEN, offset: 4, state: "used", video: "v" },
    "POST /videos": conflict("API-6.5"),
    "GET /videos/one": PROCESSING,
  });
  await assert.rejects(carry(JOB, made), { name: "AbortError" });
  assert.deepEqual(asked.slice(1, 4), ["POST /videos", "GET /uploads/u", "GET /videos/one"]);
  assert.deepEqual([kept.at(-1)?.video, kept.at(-1)?.state], ["v", "processing"]);
});

test("where nothing is found of what was done it ends, and says so", async () => {
  const answers = {
    "GET /uploads/u": { ...OPEN, offset: 4, state: "sealed", video: "" },
    "POST /videos": conflict("API-6.5"),
  };
  const { made } = course(answers);
  assert.equal((await carry(JOB, made))?.state, "failed");
});

for (const left of [true, false]) {
  test(`an upload of which the answer is lost is ${left ? "found" : "announced anew"}`, async () => {
    const other = { ...OPEN, id: "o", size: 5, sha256: "" };
    const mine = { ...OPEN, sha256: "" };
    const { made, kept } = course({ "GET /uploads": { items: left ? [other, mine] : [other] } });
    const keys: (string | undefined)[] = [];
    const ask: Course["ask"] = async (method, path, asking) => {
      if (method === "GET") return made.ask(method, path, asking);
      keys.push(asking?.key);
      if (keys.length === 1) throw conflict("API-6.5");
      return made.ask("GET", "/uploads/fresh");
    };
    const answer = { ...made, ask };
    const job = carry({ ...JOB, upload: "" }, left ? answer : { ...answer, ask: fresh(ask) });
    await job.catch(() => null);
    assert.equal(kept[0]?.upload, left ? "u" : "fresh");
    assert.deepEqual(keys, left ? ["announce-1"] : ["announce-1", "announced-1"]);
  });
}

/** As `ask`, and an upload that is announced anew is another one. */
const fresh =
  (ask: Course["ask"]): Course["ask"] =>
  async (method, path, asking) => {
    const answer = await ask(method, path, asking);
    return (method === "POST" && path === "/uploads" ? { ...OPEN, id: "fresh" } : answer) as never;
  };

test("a chunk at another offset is tried again", async () => {
  const { made, kept } = course({ "GET /uploads/u": OPEN, "PUT /uploads/u": conflict("VID-1.3") });
  await assert.rejects(carry(JOB, made), { name: "AbortError" });
  assert.deepEqual(
    kept.map(({ state }) => state),
    ["waiting"],
  );
});

test("what was stopped is neither kept nor said to have failed", async () => {
  const { made, kept, stop } = course({ "GET /uploads/u": new TypeError("stopped") });
  stop.abort();
  await assert.rejects(carry(JOB, made), { name: "AbortError" });
  assert.deepEqual(kept, []);
});

test("an upload that has become a video is taken back as that", async () => {
  const { made, asked } = course({
    "DELETE /uploads/u": conflict("VID-5.4"),
    "POST /videos": { id: "v" },
  });
  await takeBack(JOB, made);
  assert.deepEqual(asked, ["DELETE /uploads/u", "POST /videos", "DELETE /videos/one"]);
});

test("what is not there needs no taking back; what cannot be told is an error", async () => {
  const { made } = course({ "DELETE /uploads/u": new Problem(404, "missing", "", "") });
  await takeBack(JOB, made);
  const away = course({ "DELETE /videos/one": new Problem(0, "offline", "", "") });
  await assert.rejects(takeBack({ ...JOB, video: "v" }, away.made), Problem);
});

for (const clause of ["FED-12.8", "LIM-3.4", "VID-4.2"]) {
  test(`a full disk of the node (${clause}) is waited for, and said`, async () => {
    const full = new Problem(507, "full", clause, "no room", 600);
    const rested: number[] = [];
    const [sent, made] = [course({ "GET /uploads/u": OPEN, "PUT /uploads/u": full }), course({})];
    const rest = async (seconds: number) => {
      rested.push(seconds);
      await sent.made.rest(seconds);
    };
    const explain = (error: unknown) => (error as Problem).clause;
    await assert.rejects(carry(JOB, { ...sent.made, rest, explain }), { name: "AbortError" });
    assert.deepEqual(
      sent.kept.map(({ state, fault }) => [state, fault]),
      [["waiting", "VID-6.8"]],
    );
    assert.deepEqual(rested, [60]);
    const answers = [full, { id: "v", state: "processing", reason: "", progress: 5 }];
    const ask = (async () => {
      const answer = answers.shift() ?? { id: "v", state: "ready" };
      if (answer instanceof Error) throw answer;
      return answer;
    }) as Course["ask"];
    const job = { ...JOB, video: "v" };
    assert.equal(await carry(job, { ...made.made, ask, explain, rest: async () => {} }), null);
    assert.deepEqual(
      made.kept.map(({ state, fault }) => [state, fault]),
      [
        ["waiting", "VID-6.8"],
        ["processing", ""],
      ],
    );
  });
}

for (const clause of ["VID-1.9", "VID-5.3", ""]) {
  test(`want of room that nobody else makes (507 ${clause}) is not waited for`, async () => {
    const full = new Problem(507, "full", clause, "no room");
    const { made } = course({ "POST /uploads": full });
    assert.equal((await carry({ ...JOB, upload: "" }, made))?.state, "failed");
  });
}

test("a failed one goes on where the node makes its video all the same", async () => {
  const failed: Job = { ...JOB, state: "failed", fault: "no" };
  const video = { id: "v", state: "processing", progress: 50 };
  const known = course({ "GET /videos/one": video });
  const left = await leftAtNode({ ...failed, video: "v" }, known.made);
  assert.deepEqual(left, { ...JOB, video: "v", state: "processing", progress: 0.5 });
  assert.deepEqual(known.asked, ["GET /videos/one"]);
  const lost = course({
    "DELETE /uploads/u": conflict("VID-5.4"),
    "POST /videos": { id: "v" },
    "GET /videos/one": video,
  });
  assert.equal((await leftAtNode(failed, lost.made))?.video, "v");
  assert.ok(!lost.asked.includes("DELETE /videos/one"));
});

test("before a failed one is begun anew the node has nothing of it any more", async () => {
  const failed: Job = { ...JOB, state: "failed", fault: "no" };
  const upload = course({});
  assert.equal(await leftAtNode(failed, upload.made), null);
  assert.deepEqual(upload.asked, ["DELETE /uploads/u"]);
  const video = course({ "GET /videos/one": { id: "v", state: "failed" } });
  assert.equal(await leftAtNode({ ...failed, video: "v" }, video.made), null);
  assert.deepEqual(video.asked, ["GET /videos/one", "DELETE /videos/one"]);
  const away = course({ "DELETE /uploads/u": new Problem(0, "offline", "", "") });
  await assert.rejects(leftAtNode(failed, away.made), Problem);
});

test("why the node waits with a video is said as long as it does", async () => {
  const { made, kept } = course({});
  const reasons = ["the disk is full", ""];
  const ask = (async () => {
    const reason = reasons.shift();
    const clause = reason === "" ? "" : "VID-6.8";
    return {
      id: "v",
      state: reason === undefined ? "ready" : "processing",
      clause,
      reason,
      progress: 0,
    };
  }) as Course["ask"];
  const explain = (error: unknown) => (error as Problem).clause;
  assert.equal(
    await carry({ ...JOB, video: "v" }, { ...made, ask, explain, rest: async () => {} }),
    null,
  );
  assert.deepEqual(
    kept.map(({ state, fault }) => [state, fault]),
    [
      ["processing", "VID-6.8"],
      ["processing", ""],
    ],
  );
});

test("a film is made smaller once, then sent as what it became", async () => {
  const said: unknown[] = [];
  const { made, asked } = course({
    "POST /uploads": { ...OPEN, size: 3 },
    "GET /uploads/u": new Problem(503, "busy", "", ""),
  });
  const ask: Course["ask"] = (method, path, asking) => {
    if (method === "POST") said.push(asking?.body);
    return made.ask(method, path, asking);
  };
  const begun: Job = { ...JOB, upload: "", isPrepared: false };
  await assert.rejects(carry(begun, { ...made, ask }), { name: "AbortError" });
  assert.deepEqual(asked, ["prepare", "POST /uploads", "GET /uploads/u"]);
  assert.deepEqual(said, [{ size: 3, filename: "film.mp4" }]);
});

test("the node is told which part is shown, and the cover", async () => {
  let said: unknown = null;
  const { made } = course({});
  const ask = (async (method, path, asking) => {
    if (path === "/uploads/u") return { ...OPEN, offset: 4, state: "sealed" };
    if (method === "POST") said = asking?.body;
    return { id: "v", state: "ready" };
  }) as Course["ask"];
  const part = { start: 1_000, end: 4_000, cover: 2_000 };
  assert.equal(await carry({ ...JOB, part }, { ...made, ask }), null);
  const { start_ms, end_ms, cover_ms } = said as Record<string, number>;
  assert.deepEqual([start_ms, end_ms, cover_ms], [1_000, 4_000, 2_000]);
});

test("what its video lacks is told as it becomes ready", async () => {
  const video = { id: "v", state: "ready", clause: "VID-2.6", reason: "no sound" };
  const { made, ready } = course({ "GET /videos/one": video });
  assert.equal(await carry({ ...JOB, video: "v" }, made), null);
  assert.deepEqual(ready, [video]);
});
