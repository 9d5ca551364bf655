/**
 * Files of chats come down opened, in the device's worker: no page has their keys (spec ATT). Its twin is
 * `node/client/attaching.py`.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { filesIn, type Blob as Sealed, shownAs } from "../attachments/attached.ts";
import { type Chunks, contextOf, Layout, opened, SEALED_CHUNK } from "../attachments/chunked.ts";
import { isDrawn, LOOKED_AT, MOST_POINTS, MOST_POSTER_POINTS } from "../attachments/sides.ts";
import { CHUNK, HEAD } from "../attachments/sizes.ts";
import { Malformed, Missing, TooMuch, Unreachable } from "../errors.ts";
import type { ApiClient } from "../messenger/api_client.ts";
import { type Bytes, concat, equal, hex } from "../wire/bytes.ts";
import type { Named } from "./device_client.ts";
import { AT_ONCE, goOn, NEVER, type Progress, silent, TRIES } from "./file_progress.ts";
import type { OpenDevice } from "./open_device.ts";

const ONLY_SAVED = "application/octet-stream";

interface Wanted {
  readonly chat: string;
  readonly message: Named;
  readonly place: number;
  readonly isPoster: boolean;
}

/** A file of a message, opened and whole, or the small picture of it. */
export async function openFile(
  { api, chats }: OpenDevice,
  { chat, message, place, isPoster }: Wanted,
  progress: Progress,
  stop: AbortSignal = NEVER,
): Promise<Blob> {
  const file = filesIn(await chats.rawOf(chat, message)).those[place];
  if (file === undefined) throw new Missing("ATT-5.3", "this message has no such file");
  const [blob, type] = isPoster ? [file.poster, file.posterType] : [file.blob, file.mediaType];
  if (isPoster && blob === null) throw new Missing("ATT-5.3", "this file has no small picture");
  if (blob === null) return await drawable(new Blob([file.inline], { type }), MOST_POINTS);
  if (isPoster) return poster(api, blob, type, stop);
  const parts = await inTurn(() => fetched(api, blob, type, progress, stop));
  const data = new Blob(parts, { type });
  // What is only saved has no type that a browser would show (ATT-2.5).
  const kind = shownAs(file);
  if (kind === "Document") return new Blob([data], { type: ONLY_SAVED });
  return kind === "Image" ? drawable(data, MOST_POINTS) : data;
}

/** A picture, as one that is only saved where its sides would fill the memory (ATT-2.5). */
async function drawable(data: Blob, most: number): Promise<Blob> {
  const begins = new Uint8Array(await data.slice(0, LOOKED_AT).arrayBuffer());
  return isDrawn(begins, most) ? data : new Blob([data], { type: ONLY_SAVED });
}

/** Small pictures are seen again and again: some are kept, the last ones. */
const kept = new Map<string, Blob>();
const MOST_KEPT = 8 * 1024 * 1024;

async function poster(
  api: ApiClient,
  blob: Sealed,
  type: string,
  stop: AbortSignal,
): Promise<Blob> {
  const name = [hex(blob.key), hex(blob.sha256), type].join();
  const known = kept.get(name);
  if (known !== undefined) return known;
  const found = new Blob(await fetched(api, blob, type, silent, stop), { type });
  const data = await drawable(found, MOST_POSTER_POINTS);
  if (data.type === ONLY_SAVED) throw new Missing("ATT-5.3", "this file has no small picture");
  kept.set(name, data);
  let size = [...kept.values()].reduce((sum, one) => sum + one.size, 0);
  for (const [oldest, one] of kept) {
    if (size <= MOST_KEPT) break;
    kept.delete(oldest);
    size -= one.size;
  }
  return data;
}

/** A node gives three at once from one host: one is left for small pictures (VID-9.6). */
const MOST_AT_ONCE = 2;
const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(deed: () => Promise<T>): Promise<T> {
  if (running >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await deed();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/** From where a file is fetched (ATT-2.2), and how often that failed. */
class Addresses {
  failures = 0;
  #left: readonly string[];

  constructor(href: readonly string[]) {
    this.#left = href;
  }

  get now(): string {
    return this.#left[0] ?? "";
  }

  /** Wait, or go to the next one; throws `error` where there is none. */
  async failed(api: ApiClient, error: unknown): Promise<void> {
    const mayPass = error instanceof Unreachable || error instanceof TooMuch;
    if (mayPass && ++this.failures < TRIES) return api.rest(this.failures);
    if (this.#left.length < 2 || !(mayPass || error instanceof Missing)) throw error;
    this.#left = this.#left.slice(1);
    this.failures = 0;
  }
}

async function fetched(
  api: ApiClient,
  blob: Sealed,
  mediaType: string,
  progress: Progress,
  stop: AbortSignal,
): Promise<Blob[]> {
  const layout = new Layout(blob.size);
  const addresses = new Addresses(blob.href);
  const hash = sha256.create();
  const parts: Blob[] = [];
  let chunks: Chunks | null = null;
  let number = 0;
  while (number < layout.count) {
    const start = chunks === null ? 0 : layout.place(number)[0];
    goOn(stop);
    try {
      const answer = await api.content(addresses.now, start);
      for await (const piece of pieces(answer, layout, start, number)) {
        goOn(stop);
        let body = piece;
        if (chunks === null) {
          chunks = await opened(blob.key, piece, contextOf(mediaType, blob.size));
          body = piece.slice(HEAD);
        }
        const found = await openChunks(chunks, layout, number, body);
        hash.update(piece);
        number += found.length;
        addresses.failures = 0;
        progress(Math.min(number * CHUNK, layout.length), layout.length);
        // A browser may keep parts of a blob on the disk: all of a film is not in memory.
        parts.push(new Blob(found));
      }
    } catch (error) {
      await addresses.failed(api, error);
    }
  }
  if (!equal(Uint8Array.from(hash.digest()), blob.sha256)) {
    throw new Malformed("ATT-1.4", "this is not the file that the message names");
  }
  return parts;
}

function openChunks(chunks: Chunks, layout: Layout, first: number, body: Bytes): Promise<Bytes[]> {
  const made: Promise<Bytes>[] = [];
  for (let at = 0; at < body.length; at += SEALED_CHUNK) {
    const number = first + made.length;
    const one = chunks.open(number, body.slice(at, at + SEALED_CHUNK));
    made.push(one.then((data) => layout.shown(number, data)));
  }
  return Promise.all(made);
}

/** What comes, in pieces that end where a chunk does; at the beginning the head goes before. Throws `Unreachable`. */
async function* pieces(
  answer: Response,
  layout: Layout,
  start: number,
  first: number,
): AsyncGenerator<Bytes> {
  const said = answer.headers.get(start ? "Content-Range" : "Content-Length");
  if (said !== null) layout.check(Number(said.slice(said.lastIndexOf("/") + 1)));
  if (start && answer.status !== 206) throw new Unreachable("the whole file came, and not a part");
  const cut = new Cut(layout, start, first);
  for await (const data of bodyOf(answer)) yield* cut.take(data);
  if (cut.isDone) return;
  yield* cut.rest();
  throw new Unreachable("the file broke off");
}

/** What comes until it ends or breaks off. Left before that, it keeps no place at that host. */
async function* bodyOf({ body }: Response): AsyncGenerator<Bytes> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const got = await reader.read().catch(() => null);
      if (got === null || got.done) return;
      yield got.value as Bytes;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Cuts what comes where chunks end. */
class Cut {
  readonly #layout: Layout;
  readonly #start: number;
  #number: number;
  #held: Bytes[] = [];
  #has = 0;

  constructor(layout: Layout, start: number, number: number) {
    this.#layout = layout;
    this.#start = start;
    this.#number = number;
  }

  get isDone(): boolean {
    return this.#number === this.#layout.count;
  }

  /** The head goes before the first chunk. */
  get #head(): number {
    return this.#number === 0 && this.#start === 0 ? HEAD : 0;
  }

  get #wanted(): number {
    const end = Math.min(this.#number + AT_ONCE, this.#layout.count);
    return this.#layout.place(end - 1)[1] - this.#layout.place(this.#number)[0] + this.#head;
  }

  *take(data: Bytes): Generator<Bytes> {
    this.#held.push(data);
    this.#has += data.length;
    while (!this.isDone && this.#has >= this.#wanted) {
      const all = concat(...this.#held);
      const size = this.#wanted;
      this.#number = Math.min(this.#number + AT_ONCE, this.#layout.count);
      this.#held = [all.slice(size)];
      this.#has = all.length - size;
      yield all.slice(0, size);
    }
  }

  /** What is whole of the rest is not fetched again. */
  *rest(): Generator<Bytes> {
    const whole = Math.floor((this.#has - this.#head) / SEALED_CHUNK);
    if (whole > 0) yield concat(...this.#held).slice(0, this.#head + whole * SEALED_CHUNK);
  }
}
