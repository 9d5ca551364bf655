/** Requests to the node as the browser makes them, against a server that answers what it is told to. */

import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";

import { Conflict, Full, Missing, TooMuch, Unproven, Unreachable } from "../errors.ts";
import { errorOf, nextPage } from "../messenger/api.ts";
import { ApiClient } from "../messenger/api_client.ts";
import { EventParser, type NodeEvent } from "../messenger/event_stream.ts";
import { Seating } from "../messenger/seating.ts";
import type { Clock } from "../messenger/waiting.ts";
import { utf8 } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";
import { ALICE, opened, quietly, StillClock } from "./still.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Pauses are none, and time goes on with each: `pauses` are those that were asked for. */
class FakeClock implements Clock {
  readonly pauses: number[] = [];
  #now = 0;

  now(): number {
    return this.#now;
  }

  async pause(milliseconds: number, cut?: AbortSignal): Promise<void> {
    if (milliseconds === 5000) {
      // The watch over a silent stream: here it looks when the test lets time pass.
      await new Promise((resolve) => cut?.addEventListener("abort", resolve));
      return;
    }
    this.pauses.push(milliseconds);
    this.#now += milliseconds;
  }
}

interface Served {
  readonly api: ApiClient;
  readonly clock: FakeClock;
  readonly asked: IncomingMessage[];
}

/** A server that gives these answers, one after the other, the last one again and again. */
async function served(context: TestContext, ...answers: readonly Answer[]): Promise<Served> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(request);
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  const clock = new FakeClock();
  const api = new ApiClient(`http://127.0.0.1:${address.port}`, new Seeded("api"), "secret", clock);
  return { api, clock, asked };
}

const says =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
const cut: Answer = (request) => request.socket.destroy();
const leftBehind = { clause: "ACC-4.5", code: "conflict", detail: "another copy is in use" };
const problem = { clause: "E2E-3.5", code: "conflict", detail: "too late", params: { epoch: 7 } };

test("a request carries the token, the seat and one key, however often it is sent", async (t) => {
  const { api, clock, asked } = await served(t, cut, cut, says(200, { ref: "r" }));
  api.seat = 3;
  const body = { group_id: "", members: [], epoch: 0 };
  assert.deepEqual(await api.ask("POST /conversations", { body }), { ref: "r" });
  const keys = asked.map(({ headers }) => headers["idempotency-key"]);
  assert.equal(new Set(keys).size, 1);
  assert.equal(keys[0]?.length, 32);
  assert.deepEqual(
    asked.map(({ headers }) => [headers.authorization, headers["kith-seat"]]),
    [1, 2, 3].map(() => ["Bearer secret", "3"]),
  );
  assert.deepEqual(clock.pauses, [250, 500]);
});

test("what is cut for good, or may not be repeated, is told", async (t) => {
  const { api, asked } = await served(t, cut);
  await assert.rejects(api.ask("GET /account", {}), Unreachable);
  assert.equal(asked.length, 4);
  const once = { path: { id: "one" } };
  await assert.rejects(api.ask("DELETE /devices/{id}", once), Unreachable);
  assert.equal(asked.length, 5);
});

test("a refusal is the error that the node has, and is not repeated", async (t) => {
  const { api, asked } = await served(t, says(409, problem), says(503, "busy"), says(200, "{"));
  const ack = { body: { seq: 1 }, harmless: true };
  await assert.rejects(api.ask("POST /mailbox/ack", ack), (error) => {
    assert(error instanceof Conflict);
    assert.deepEqual(
      [error.clause, error.reason, error.params],
      ["E2E-3.5", "too late", { epoch: 7 }],
    );
    return true;
  });
  await assert.rejects(api.ask("GET /account", {}), Unreachable);
  await assert.rejects(api.ask("GET /account", {}), /not the answer of a Kith node/);
  assert.equal(asked.length, 3);
  assert.equal(asked[0]?.headers["idempotency-key"], undefined);
});

test("each status has its kind", () => {
  const none = new Headers();
  const wait = new Headers({ "Retry-After": "7" });
  assert(errorOf(401, "{}", none) instanceof Unproven);
  assert(errorOf(410, "{}", none) instanceof Missing);
  const full = errorOf(507, "{}", wait);
  assert(full instanceof Full && full.retryAfterSeconds === 7);
  const busy = errorOf(429, "{}", none);
  assert(busy instanceof TooMuch && busy.retryAfterSeconds === null);
  const proxy = errorOf(413, "<html>", none);
  assert(proxy instanceof TooMuch && proxy.clause === "API-9.6");
  const beyond = errorOf(502, JSON.stringify({ code: "unreachable", detail: "theirs" }), none);
  assert(beyond instanceof Unreachable && beyond.beyond);
});

test("a list is read to its end by its links", async (t) => {
  const link = { Link: '</api/kith/v1/mailbox?after=a%20b&limit=2>; rel="next"' };
  const { api, asked } = await served(
    t,
    says(200, { items: [1] }, link),
    says(200, { items: [2] }),
  );
  const found = [];
  for await (const page of api.pages("GET /mailbox", {})) found.push(...page.items);
  assert.deepEqual(found, [1, 2]);
  assert.match(asked[1]?.url ?? "", /\?after=a(\+|%20)b&limit=2$/);
  assert.equal(nextPage(new Headers({ Link: '</x>; rel="prev"' }), "https://a.test"), null);
});

test("a stream that is cut goes on behind its last event", async (t) => {
  const events = (...ids: readonly number[]): Answer => {
    const text = ids.map((id) => `id: ${id}\nevent: e\ndata: {"n":${id}}\n\n`).join("");
    return (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(`: hello\n\n${text}`);
    };
  };
  const gone = says(401, { clause: "API-3.1", detail: "no" });
  const { api, asked } = await served(t, events(1, 2), cut, events(3), gone);
  const stood: boolean[] = [];
  const heard: unknown[] = [];
  const listen = async () => {
    const stop = new AbortController();
    const bursts = api.eventBursts("0", (isOnline) => stood.push(isOnline), stop.signal);
    for await (const burst of bursts) heard.push(...burst.map(({ data }) => data));
  };
  await assert.rejects(listen(), Unproven);
  assert.deepEqual(
    heard,
    [1, 2, 3].map((n) => ({ n })),
  );
  assert.deepEqual(
    asked.map(({ headers }) => headers["last-event-id"]),
    ["0", "2", "2", "3"],
  );
  assert.equal(stood.at(-1), false);
});

test("events come out whole, however they are cut", () => {
  const bytes = utf8(': x\r\n\r\nid: 1\r\nevent: é\r\ndata: {"a":"ü"}\r\n\r\nevent: no data\n\n');
  for (let size = 1; size <= bytes.length; size++) {
    const parser = new EventParser();
    const found: NodeEvent[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(...parser.feed(bytes.slice(at, at + size)));
    }
    assert.deepEqual(found, [{ id: "1", kind: "é", data: { a: "ü" } }], `in pieces of ${size}`);
  }
  for (const data of ["{", "null", "[]", "7", '"words"']) {
    assert.throws(() => new EventParser().feed(utf8(`data: ${data}\n\n`)), Unreachable);
  }
  assert.throws(() => new EventParser().feed(new Uint8Array(2 << 20).fill(97)), Unreachable);
});

test("what is refused for its seat goes again once, with the next one", async (context) => {
  const { api, asked } = await served(context, says(409, leftBehind), says(200, {}));
  const refused: number[] = [];
  api.seat = 4;
  api.retake = async (seat) => {
    refused.push(seat);
    api.seat = 5;
  };
  await api.ask("POST /mailbox/ack", { body: { seq: 1 } });
  assert.deepEqual(refused, [4]);
  assert.deepEqual(
    asked.map(({ headers }) => headers["kith-seat"]),
    ["4", "5"],
  );
  const keys = asked.map(({ headers }) => headers["idempotency-key"]);
  assert(keys[0] !== undefined && keys[0] === keys[1]);
});

test("what is refused for its seat twice is refused, and told", async (context) => {
  const { api, asked } = await served(context, says(409, leftBehind));
  api.seat = 4;
  let takes = 0;
  api.retake = async () => {
    takes += 1;
  };
  const told: string[] = [];
  api.leftBehind = async ({ clause }) => void told.push(clause);
  await assert.rejects(api.ask("GET /mailbox", {}), { clause: "ACC-4.5" });
  assert.deepEqual([takes, asked.length, told], [1, 2, ["ACC-4.5"]]);
});

test("no seat is taken for the request of one", async (context) => {
  const { api, asked } = await served(context, says(409, leftBehind));
  const device = await opened(ALICE);
  const seating = new Seating(api, device, new StillClock(), quietly);
  await assert.rejects(seating.take(), { clause: "ACC-4.5" });
  assert.equal(asked.length, 1);
  assert(await device.frozen());
});
