/**
 * Requests to the own node: bearer token, pages, repeats that do no harm, and the event stream by `fetch`
 * (spec API). For the device worker and for tabs alike.
 */

import { Conflict, type Refused, Unreachable } from "../errors.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import * as api from "./api.ts";
import type { Routes } from "./api_types.ts";
import { EventParser, type NodeEvent } from "./event_stream.ts";
import { BROWSER_CLOCK, type Clock, restAfter } from "./waiting.ts";

// A request that was cut is tried again so often: by then a node that was restarted is back.
const REPEATS = 3;
const PATIENCE = 90_000;
// A stream carries a comment at least every 25 seconds (API-7.5): a longer silence is a dead connection.
const SILENCE = 60_000;
const LOOK = 5_000;
const SEAT_PATH = "/device/seat";

export type Route = keyof Routes;
export type Answer<R extends Route> = Routes[R]["answer"];
type Part<Name extends string, Kind> = Kind extends null ? unknown : Record<Name, Kind>;
type Listed = { readonly limit?: string; readonly after?: string };

/**
 * What goes along with a request. `harmless`: repeating it changes nothing, so that it needs no key; `key`: the
 * one of an earlier try, so that it is done once (API-6.1); `ifMatch`: only where that is there (KEY-7.2).
 */
export type Given<R extends Route> = Part<"path", Routes[R]["path"]> &
  Part<"body", Routes[R]["body"]> & {
    readonly query?: Routes[R]["query"] extends null ? Listed : Routes[R]["query"] & Listed;
    readonly harmless?: boolean;
    readonly key?: string;
    readonly ifMatch?: string;
    readonly signal?: AbortSignal;
  };

/** As `Given`, whatever the route. */
interface Loose {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly harmless?: boolean;
  readonly key?: string;
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
}

/** What was answered. */
interface Said {
  readonly headers: Headers;
  readonly text: string;
}

/** Requests to one node with one token, which goes nowhere else (API-9.4). */
export class ApiClient {
  /** Of this device, once it has one (ACC-4.5). */
  seat = 0;
  /** Takes another seat for the one that was refused; throws where another copy is the device. */
  retake: ((refused: number) => Promise<void>) | null = null;
  /** Is told what was refused for its seat a second time. */
  leftBehind: ((error: Refused) => Promise<void>) | null = null;
  readonly origin: string;
  readonly #entropy: Entropy;
  readonly #token: string;
  readonly #clock: Clock;

  constructor(origin: string, entropy: Entropy, token = "", clock = BROWSER_CLOCK) {
    this.origin = origin;
    this.#entropy = entropy;
    this.#token = token;
    this.#clock = clock;
  }

  /** Wait before the next try. */
  rest(failures: number, cut?: AbortSignal): Promise<void> {
    return this.#clock.pause(restAfter(failures), cut);
  }

  /**
   * A request, and what it is answered. Throws what a refusing answer means (`errors.ts`), `Unreachable` when
   * there is none.
   */
  async ask<R extends Route>(route: R, given: Given<R>): Promise<Answer<R>> {
    return api.decode((await this.#send(route, given as Loose)).text) as Answer<R>;
  }

  /** The sealed file at `href` from the byte `start` on, through our node, as it comes (ATT-4.1). */
  content(href: string, start: number): Promise<Response> {
    const url = new URL(`${this.origin}${api.ROOT}/attachments/content`);
    url.searchParams.set("href", href);
    const headers = this.#headers(start ? { Range: `bytes=${start}-` } : {});
    return this.#fetch(url, { headers });
  }

  /** Every page of a list, to the end. */
  async *pages<R extends Route>(route: R, given: Given<R>): AsyncGenerator<Answer<R>> {
    let wanted: Loose | null = given as Loose;
    while (wanted !== null) {
      const { headers, text } = await this.#send(route, wanted);
      const next = api.nextPage(headers, this.origin);
      yield api.decode(text) as Answer<R>;
      wanted = next && { ...wanted, query: Object.fromEntries(next) };
    }
  }

  /**
   * What is cut before its answer came is sent again when it may be (API-9.5): a GET, what carries an
   * Idempotency-Key, and what is harmless. A browser does not say whether a connection stood before.
   */
  async #send(route: string, given: Loose): Promise<Said> {
    const [method = "", path = ""] = route.split(" ");
    const key = given.key ?? (method === "POST" && !given.harmless ? this.#key() : "");
    const most = method === "GET" || key || given.harmless ? REPEATS : 0;
    const request = () => this.#once(method, path, given, key);
    for (let failures = 0; ; failures++) {
      try {
        // Who asks for a seat holds the turn in which another one would be taken.
        return await (path === SEAT_PATH ? request() : this.#seated(request));
      } catch (error) {
        const isCut = error instanceof Unreachable && !(error instanceof Answered);
        if (!isCut || failures >= most || given.signal?.aborted) throw error;
      }
      await this.rest(failures, given.signal);
    }
  }

  /**
   * What is refused for its seat, before anything was done, goes again once with the next one; a second time it is
   * told (DEV-8.2).
   */
  async #seated(request: () => Promise<Said>): Promise<Said> {
    const { seat } = this;
    try {
      return await request();
    } catch (error) {
      if (!isLeft(error) || this.retake === null) throw error;
      await this.retake(seat);
    }
    try {
      return await request();
    } catch (error) {
      if (isLeft(error)) await this.leftBehind?.(error);
      throw error;
    }
  }

  #key(): string {
    return hex(this.#entropy.draw(16));
  }

  async #once(method: string, path: string, given: Loose, key: string): Promise<Said> {
    const headers = this.#headers(key ? { "Idempotency-Key": key } : {});
    if (given.ifMatch !== undefined) headers.set("If-Match", given.ifMatch);
    let body: BodyInit | null = null;
    if (given.body instanceof Uint8Array) {
      headers.set("Content-Type", "application/octet-stream");
      body = given.body as Bytes;
    } else if (given.body !== undefined && given.body !== null) {
      headers.set("Content-Type", "application/json");
      body = JSON.stringify(given.body);
    }
    const url = new URL(this.origin + api.ROOT + filled(path, given.path ?? {}));
    for (const [name, value] of Object.entries(given.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const patience = AbortSignal.timeout(PATIENCE);
    const signal = given.signal ? AbortSignal.any([given.signal, patience]) : patience;
    const answer = await this.#fetch(url, { method, headers, body, signal });
    return { headers: answer.headers, text: await textOf(answer) };
  }

  async #fetch(url: URL | string, how: RequestInit): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(url, {
        ...how,
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
      });
    } catch {
      throw new Unreachable(`${new URL(this.origin).host} cannot be reached`);
    }
    if (answer.ok) return answer;
    const error = api.errorOf(answer.status, await textOf(answer), answer.headers);
    throw error instanceof Unreachable ? new Answered(error.reason, error.beyond) : error;
  }

  #headers(more: Readonly<Record<string, string>>): Headers {
    const headers = new Headers(more);
    if (this.#token) headers.set("Authorization", `Bearer ${this.#token}`);
    if (this.seat) headers.set("Kith-Seat", String(this.seat));
    return headers;
  }

  /**
   * Events from the one after `after` on, those that came together: for ever, a cut is mended (API-7). `stands`
   * is told when the stream stands, and when it is cut; `cut` ends it.
   *
   * Throws what the node refuses (a revoked device); never `Unreachable`.
   */
  async *eventBursts(
    after: string,
    stands: (isOnline: boolean) => void,
    cut: AbortSignal,
  ): AsyncGenerator<readonly NodeEvent[]> {
    let last = after;
    for (let failures = 0; !cut.aborted; failures++) {
      for await (const burst of this.#untilCut(last, cut)) {
        stands(true);
        failures = -1;
        last = burst.findLast(({ id }) => id)?.id ?? last;
        if (burst.length) yield burst;
      }
      if (cut.aborted) return;
      stands(false);
      await this.#restOffline(Math.max(failures, 0), cut);
    }
  }

  /** As `#stream`; that it was cut is no error. */
  async *#untilCut(after: string, cut: AbortSignal): AsyncGenerator<readonly NodeEvent[]> {
    try {
      yield* this.#stream(after, cut);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
  }

  /** Shorter, where the browser says that there is a network again. */
  async #restOffline(failures: number, cut: AbortSignal): Promise<void> {
    const back = new AbortController();
    const wake = () => back.abort();
    globalThis.addEventListener?.("online", wake);
    await this.rest(failures, AbortSignal.any([cut, back.signal]));
    globalThis.removeEventListener?.("online", wake);
  }

  /** The bursts of one connection; an empty one is a comment. */
  async *#stream(after: string, cut: AbortSignal): AsyncGenerator<readonly NodeEvent[]> {
    const headers = this.#headers({ Accept: "text/event-stream" });
    if (after) headers.set("Last-Event-ID", after);
    const silent = new AbortController();
    let heard = this.#clock.now();
    void this.#watch(silent, () => heard);
    const signal = AbortSignal.any([cut, silent.signal]);
    try {
      const answer = await this.#fetch(`${this.origin}${api.ROOT}/events`, { headers, signal });
      const reader = answer.body?.getReader();
      const parser = new EventParser();
      while (reader !== undefined) {
        const { done, value } = await reader.read().catch(lost);
        if (done) break;
        heard = this.#clock.now();
        yield parser.feed(value);
      }
    } finally {
      silent.abort();
    }
  }

  /** A machine that slept has a dead connection: the clock shows it at once, no timer does. */
  async #watch(silent: AbortController, heard: () => number): Promise<void> {
    while (!silent.signal.aborted) {
      await this.#clock.pause(LOOK, silent.signal);
      if (Math.abs(this.#clock.now() - heard()) > SILENCE) silent.abort();
    }
  }
}

/** The node was reached, and could not: it said so itself, so that it is not asked again at once. */
class Answered extends Unreachable {}

function isLeft(error: unknown): error is Conflict {
  return error instanceof Conflict && error.clause === "ACC-4.5";
}

async function textOf(answer: Response): Promise<string> {
  return answer.text().catch(lost);
}

function lost(): never {
  throw new Unreachable("the connection was lost");
}

function filled(path: string, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""));
}
