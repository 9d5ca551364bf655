/** The transcripts of devices (spec DEV-7): each line comes out again, also after restarts. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { Device, type Packages } from "../device/device.ts";
import type { Carried, Next, Outcome } from "../device/exchange.ts";
import { type Changes, PARKED, type Rows } from "../device/rows.ts";
import * as errors from "../errors.ts";
import { type Bytes, base64, hex, text, unbase64, unhex } from "../wire/bytes.ts";

const FOLDER = new URL("../../spec/vectors/device/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl"));

type Given = Readonly<Record<string, unknown>>;

interface Line {
  readonly do: string;
  readonly actor?: string;
  readonly with?: Given;
  readonly draws: readonly string[];
  readonly rows: Given;
  readonly gives: unknown;
  readonly remembers?: boolean;
}

/** A vault in clear: what was written last, and all there is. */
class ClearRows implements Rows {
  counter = 0;
  written: Changes[] = [];
  readonly #rows = new Map<string, Bytes>();

  names(): readonly string[] {
    return [...this.#rows.keys()].sort();
  }

  async read(name: string): Promise<Bytes | null> {
    return this.#rows.get(name) ?? null;
  }

  async step(changes: Changes): Promise<void> {
    this.counter += 1;
    this.written.push(new Map(changes));
    for (const [name, value] of changes) {
      if (value === null) this.#rows.delete(name);
      else this.#rows.set(name, value);
    }
  }
}

/** The chance of a transcript: what is drawn has to be what was drawn. */
class Replayed {
  draws: Bytes[] = [];

  draw(count: number): Bytes {
    const drawn = this.draws.shift();
    assert(drawn !== undefined, `${count} bytes are drawn, and none were`);
    assert.equal(drawn.length, count);
    return drawn;
  }
}

/** A value of the device as a transcript has it. */
function plain(value: unknown): unknown {
  if (value instanceof errors.KithError) return plainError(value);
  if (value instanceof Uint8Array) return base64(value as Bytes);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

function plainError(error: errors.KithError): Given {
  const is = error.name;
  if (error instanceof errors.Unreachable) {
    return { is, reason: error.reason, beyond: error.beyond };
  }
  assert(error instanceof errors.Refused);
  const { clause, reason } = error;
  if (!(error instanceof errors.TooMuch)) return { is, clause, reason };
  return { is, clause, reason, retry_after_seconds: error.retryAfterSeconds };
}

const KINDS = {
  Malformed: errors.Malformed,
  Unproven: errors.Unproven,
  Forbidden: errors.Forbidden,
  Missing: errors.Missing,
  Conflict: errors.Conflict,
};

/** The inverse of `plain`, for what a device is told. */
function outcomeOf(given: Given): Outcome {
  const { is, clause, reason, beyond, retry_after_seconds: retry } = given;
  if (is === "Unreachable") return new errors.Unreachable(String(reason), beyond === true);
  if (is === "TooMuch" || is === "Full") {
    const after = typeof retry === "number" ? retry : undefined;
    const kind = is === "Full" ? errors.Full : errors.TooMuch;
    return new kind(String(clause), String(reason), {}, after);
  }
  const kind = KINDS[is as keyof typeof KINDS];
  if (kind !== undefined) return new kind(String(clause), String(reason));
  return given as unknown as Outcome;
}

function packagesOf(given: unknown): Packages {
  const written = Object.entries(given as Record<string, readonly string[]>);
  return Object.fromEntries(written.map(([actor, found]) => [actor, found.map(unbase64)]));
}

/** Rows as a transcript has them: text, and base64 for those of the MLS library. */
function shown(changes: Changes): Given {
  const show = (name: string, value: Bytes) =>
    name.startsWith("group/") || name === "device/client" ? base64(value) : text(value);
  const all = [...changes].map(([name, value]) => [name, value && show(name, value)] as const);
  return Object.fromEntries(all);
}

/** A device that is told what to do by lines; each is done as one step. */
class Told {
  readonly rows = new ClearRows();
  readonly entropy = new Replayed();
  readonly #actor: string;
  #device: Device | null = null;
  #asked: Carried | null = null;

  constructor(actor: string) {
    this.#actor = actor;
  }

  async open(): Promise<void> {
    this.#device = await Device.open(this.rows, this.entropy, this.#actor);
  }

  get device(): Device {
    assert(this.#device !== null);
    return this.#device;
  }

  async do(name: string, given: Given): Promise<unknown> {
    try {
      return plain(await this.#do(name, given));
    } catch (error) {
      if (error instanceof errors.Refused) return { raises: plainError(error) };
      throw error;
    }
  }

  async #do(name: string, given: Given): Promise<unknown> {
    const { device } = this;
    const now = Number(given.now);
    const group = String(given.group);
    switch (name) {
      case "restart":
        return this.open();
      case "new_packages":
        return device.newPackages(Number(given.count), given.last_resort === true, now);
      case "start":
        return device.start(packagesOf(given.packages), now);
      case "say":
        return device.say(group, String(given.text), Number(given.micros));
      case "add":
        return device.add(group, packagesOf(given.packages), now);
      case "remove":
        return device.remove(group, given.actors as readonly string[], now);
      case "leave":
        return device.leave(group, now);
      case "refresh":
        return device.refresh(group, now);
      case "remember":
        return device.remember(String(given.handle), String(given.actor));
      case "next":
        return this.#next(await device.next(now));
      case "tell":
        assert(this.#asked !== null);
        return device.tell(this.#asked, outcomeOf(given.outcome as Given), now);
      case "receive":
        return device.receive((given.items as readonly unknown[]).map(PARKED), now);
      case "retry":
        return device.retry();
      case "settle":
        return device.settle();
      default:
        assert.fail(`a deed that is not known: ${name}`);
    }
  }

  #next(next: Next): Next {
    if (next.is === "Send" || next.is === "Create" || next.is === "Fetch") this.#asked = next;
    return next;
  }
}

for (const file of FILES) {
  const lines = readFileSync(new URL(file, FOLDER), "utf8").trim().split("\n");
  for (const restarts of [false, true]) {
    test(`${file}${restarts ? ", with restarts" : ""}`, async () => {
      let told: Told | null = null;
      for (const [number, written] of lines.entries()) {
        const line = JSON.parse(written) as Line;
        const place = `${file}:${number + 1}: ${line.do}`;
        const isFirst = told === null;
        told ??= new Told(line.actor ?? "");
        told.entropy.draws = line.draws.map(unhex);
        told.rows.written = [];
        let gives: unknown = null;
        if (isFirst) await told.open();
        else gives = await told.do(line.do, line.with ?? {});
        assert.deepEqual(gives, line.gives, place);
        const changes: Changes = told.rows.written[0] ?? new Map();
        assert.deepEqual(shown(changes), line.rows, place);
        assert(told.rows.written.length <= 1, `${place}: one happening is one step`);
        assert.deepEqual(told.entropy.draws.map(hex), [], place);
        assert.equal(told.device.remembers, line.remembers === true, place);
        if (restarts && !told.device.remembers) await told.open();
      }
    });
  }
}
