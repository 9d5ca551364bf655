/** What happened to a device, line by line, and the same once more (spec/vectors/device). */

import type { Sealed } from "../archive/seals.ts";
import type { Due, Erasing } from "../device/archiving.ts";
import type { ConversationEvent } from "../device/conversation_events.ts";
import { Device } from "../device/device.ts";
import { DeviceState } from "../device/device_state.ts";
import type { Carried, Next, Outcome } from "../device/exchange.ts";
import type { ArchivedPage } from "../device/restoring.ts";
import { type Changes, messageRow, PARKED, type Rows } from "../device/rows.ts";
import { standing } from "../device/standing.ts";
import * as errors from "../errors.ts";
import { type Bytes, base64, text, unbase64, unhex } from "../wire/bytes.ts";
import { keysDo } from "./key_deeds.ts";
import { packagesOf, rostersDo } from "./roster_deeds.ts";
import { trustDo } from "./trust_deeds.ts";

const BINARY = ["group/", "device/client", "archive_key/", "due/"];

type Given = Readonly<Record<string, unknown>>;

export interface Line {
  readonly do: string;
  readonly actor?: string;
  readonly with?: Given;
  readonly draws: readonly string[];
  readonly rows: Given;
  readonly gives: unknown;
  readonly remembers?: boolean;
}

function refusalOf(given: Given): errors.Refused {
  const error = outcomeOf(given);
  if (error instanceof errors.Refused) return error;
  throw new TypeError("frozen for no refusal");
}

async function hear(device: Device, events: readonly ConversationEvent[]): Promise<null> {
  for (const event of events) await device.untold.heard(event);
  return null;
}

/** A vault in clear. */
class ClearRows implements Rows {
  counter = 0;
  readonly #rows = new Map<string, Bytes>();

  names(): readonly string[] {
    return [...this.#rows.keys()].sort();
  }

  async read(name: string): Promise<Bytes | null> {
    return this.#rows.get(name) ?? null;
  }

  async step(changes: Changes): Promise<void> {
    this.counter += 1;
    for (const [name, value] of changes) {
      if (value === null) this.#rows.delete(name);
      else this.#rows.set(name, value);
    }
  }
}

/** A vault of which is known what was written last. */
class Watched implements Rows {
  written: Changes[] = [];
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  get counter(): number {
    return this.#rows.counter;
  }

  names(): Iterable<string> {
    return this.#rows.names();
  }

  read(name: string): Promise<Bytes | null> {
    return this.#rows.read(name);
  }

  async step(changes: Changes): Promise<void> {
    await this.#rows.step(changes);
    this.written.push(new Map(changes));
  }
}

/** The chance of a transcript: what is drawn has to be what was drawn. */
class Replayed {
  draws: Bytes[] = [];

  draw(count: number): Bytes {
    const drawn = this.draws.shift();
    if (drawn?.length !== count) throw new RangeError(`${count} bytes are drawn, which were not`);
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
    const { reason, beyond, held } = error;
    return held ? { is, reason, beyond, held } : { is, reason, beyond };
  }
  if (!(error instanceof errors.Refused)) throw error;
  const { clause, reason } = error;
  // The words for it are each program's own (DEV-16.11).
  if (error.params.seen !== undefined) return { is, clause, ...error.params };
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

/** The same, of what is in the way. */
function troubleOf(given: Given): errors.KithError {
  const found = outcomeOf(given);
  if (!(found instanceof errors.KithError)) throw new TypeError("that is no trouble");
  return found;
}

interface WrittenRecord {
  readonly name: string;
  readonly generation: number;
  readonly day: number;
  readonly body: string;
}

function pageOf(given: unknown): ArchivedPage {
  const page = given as Omit<ArchivedPage, "records"> & {
    readonly records: readonly (readonly [number, WrittenRecord])[];
  };
  const records = page.records.map(([pos, one]): readonly [number, Sealed] => {
    return [pos, { ...one, name: unbase64(one.name), body: unbase64(one.body) }];
  });
  return { ...page, records };
}

/** Rows as a transcript has them: text, and base64 for those of the MLS library. */
function shown(changes: Changes): Given {
  const show = (name: string, value: Bytes) =>
    BINARY.some((kind) => name.startsWith(kind)) ? base64(value) : text(value);
  const all = [...changes].map(([name, value]) => [name, value && show(name, value)] as const);
  return Object.fromEntries(all);
}

/** The deeds of DEV-18. */
function wordsDo({ words }: Device, name: string, given: Given): Promise<unknown> {
  const { group, id, text, emoji, actor, reply, author } = given as Readonly<
    Record<string, string>
  >;
  const micros = Number(given.micros);
  const [where, what] = [String(group), String(id)];
  switch (name) {
    case "say":
      return words.say(
        where,
        String(text),
        micros,
        "",
        false,
        reply === undefined ? null : { id: String(reply) },
        String(given.raw ?? ""),
      );
    case "edit":
      return words.edit(where, what, String(text), micros);
    case "delete":
      return words.delete(where, what, micros);
    case "react":
      return words.react(where, what, String(emoji), micros, author, given.on !== false);
    case "reactions_to":
      return words.reactions(messageRow(where, String(actor), what));
    default:
      throw new TypeError(`a deed that is not known: ${name}`);
  }
}

/** A device that is told what to do by lines; each is done as one step. */
export class Told {
  readonly rows: Watched;
  readonly entropy = new Replayed();
  /** What `next` gave last: whoever carries it knows it, also when the device was killed. */
  asked: Carried | null = null;
  /** What the archive was to be sent last. */
  due: Due | null = null;
  /** What was to be removed there last. */
  erasing: Erasing | null = null;
  readonly #actor: string;
  #device: Device | null = null;

  constructor(actor: string, rows: Rows) {
    this.#actor = actor;
    this.rows = new Watched(rows);
  }

  async open(): Promise<void> {
    this.#device = await Device.open(this.rows, this.entropy, this.#actor);
  }

  get device(): Device {
    if (this.#device === null) throw new TypeError("no device yet");
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
    if (name.startsWith("keys_")) return keysDo(device.keys, name.slice("keys_".length), given);
    if (name === "trust_standing") {
      const state = await DeviceState.open(this.rows, this.entropy, this.#actor);
      return standing(state, group, now);
    }
    if (name.startsWith("trust_")) {
      return trustDo(device.trust, name.slice("trust_".length), given, troubleOf);
    }
    if (name.startsWith("rosters_")) {
      return rostersDo(device.rosters, name.slice("rosters_".length), given);
    }
    if (name.startsWith("words_")) return wordsDo(device, name.slice("words_".length), given);
    switch (name) {
      case "restart":
        return this.open();
      case "new_packages":
        return device.newPackages(Number(given.count), given.last_resort === true, now);
      case "start":
        return device.start(packagesOf(given.packages), now);
      case "say":
        return device.words.say(group, String(given.text), Number(given.micros));
      case "history":
        return device.history(...(given.groups as readonly string[]));
      case "go_on":
        return device.goOn(given.groups as readonly string[], group);
      case "held":
        return device.held(group);
      case "waiting":
        return device.waiting();
      case "add":
        return device.add(group, packagesOf(given.packages), now, given.listed === true);
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
        if (this.asked === null) throw new TypeError("nothing was asked");
        return device.tell(this.asked, outcomeOf(given.outcome as Given), now);
      case "receive":
        return device.receive(
          (given.items as readonly unknown[]).map(PARKED),
          now,
          String(given.incarnation ?? ""),
        );
      case "retry":
        return device.retry();
      case "ask_seat":
        return device.askSeat();
      case "take_seat":
        return device.takeSeat(Number(given.number), unbase64(String(given.proof)));
      case "freeze":
        return device.freeze(refusalOf(given.error as Given));
      case "ask_missed":
        return device.askMissed(now);
      case "missed_rest":
        return device.missedRest(now);
      case "untold_events":
        return device.untold.events();
      case "untold_heard":
        return hear(device, given.events as readonly ConversationEvent[]);
      case "look_behind":
        return device.behind.look(now);
      case "archive_switch":
        return device.archive.switch(given.on === true);
      case "archive_adopt":
        return device.archive.adopt(Number(given.generation), unbase64(String(given.key)));
      case "archive_due":
        this.due = await device.archive.due(now);
        return this.due;
      case "archive_sent":
        if (this.due === null) throw new TypeError("nothing was due");
        return device.archive.sent(this.due);
      case "archive_erasing":
        this.erasing = await device.archive.erasing();
        return this.erasing;
      case "archive_erased":
        if (this.erasing === null) throw new TypeError("nothing was to be removed");
        return device.archive.erased(this.erasing);
      case "archive_take":
        return device.archive.take(pageOf(given.page), now);
      case "settle":
        return device.settle();
      default:
        throw new TypeError(`a deed that is not known: ${name}`);
    }
  }

  #next(next: Next): Next {
    if (next.is !== "Wait" && next.is !== "Tell") this.asked = next;
    return next;
  }
}

/** One line as it comes out now. What is drawn beyond its draws, or not drawn, throws. */
export async function again(
  told: Told,
  { remembers: _, ...line }: Line,
  isFirst: boolean,
): Promise<Line> {
  told.entropy.draws = line.draws.map(unhex);
  told.rows.written = [];
  const gives = isFirst ? null : await told.do(line.do, line.with ?? {});
  if (isFirst) await told.open();
  if (told.entropy.draws.length) throw new RangeError(`less is drawn: ${line.do}`);
  // `next` may take several steps, each of which makes or drops one thing; all else is one.
  if (told.rows.written.length > 1 && line.do !== "next") {
    throw new RangeError(`more than once written: ${line.do}`);
  }
  const rows = shown(new Map(told.rows.written.flatMap((changes) => [...changes])));
  return { ...line, rows, gives, ...(told.device.remembers ? { remembers: true } : {}) };
}

/**
 * The lines as they come out now.
 *
 * With `restarts` the device begins anew from its rows behind each line that allows it.
 */
export async function replay(lines: readonly Line[], restarts: boolean): Promise<readonly Line[]> {
  const told = new Told(lines[0]?.actor ?? "", new ClearRows());
  const found: Line[] = [];
  for (const line of lines) {
    found.push(await again(told, line, !found.length));
    if (restarts && !told.device.remembers) await told.open();
  }
  return found;
}
