/**
 * Files of chats go up sealed, in the device's worker: no page has their keys (spec ATT). Its twin is
 * `node/client/attaching.py`.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import {
  type Attachment,
  filesIn,
  kindOf,
  MOST,
  nameOf,
  rawOf,
  type Blob as Sealed,
} from "../attachments/attached.ts";
import {
  Chunks,
  contextOf,
  KEY_BYTES,
  Layout,
  SALT_BYTES,
  SEALED_CHUNK,
  sealChunk,
} from "../attachments/chunked.ts";
import { CHUNK, HEAD } from "../attachments/sizes.ts";
import { Conflict, KithError, TooMuch, Unreachable } from "../errors.ts";
import type { ApiClient } from "../messenger/api_client.ts";
import type { UploadView } from "../messenger/api_types.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import { type Bytes, concat, EMPTY, hex } from "../wire/bytes.ts";
import type { Message, Named } from "./device_client.ts";
import { AT_ONCE, goOn, NEVER, type Progress, TRIES } from "./file_progress.ts";
import type { Outgoing } from "./file_questions.ts";
import type { OpenDevice } from "./open_device.ts";

const POSTER_TYPE = "image/jpeg";
const LOST = "your server did not keep what was sent to it, several times: try again later";
const NAME = /\/([A-Za-z0-9_-]{43})$/;

interface Attaching {
  readonly chat: string;
  readonly text: string;
  readonly files: readonly Outgoing[];
  readonly id: string;
  readonly answers: Named | null;
}

/** Send the files, then say the words with them. Whatever fails before that leaves nothing at the node. */
export async function attach(
  { api, chats, entropy }: OpenDevice,
  { chat, text, files, id, answers }: Attaching,
  progress: Progress,
  stop: AbortSignal = NEVER,
): Promise<Message> {
  if (!files.length || files.length > MOST) {
    throw new TooMuch("ATT-2.1", `a message has one to ${MOST} files`);
  }
  const known = await chats.ours(chat, id);
  if (known !== null) return known;
  const all = files.reduce((sum, { data, poster }) => sum + data.size + (poster?.size ?? 0), 0);
  const names: string[] = [];
  let before = 0;
  const send = async (data: Blob, mediaType: string): Promise<Sealed> => {
    const told: Progress = (done, size) =>
      progress(before + (done / Math.max(size, 1)) * data.size, all);
    const { blob, name } = await sendSealed(api, entropy, { data, mediaType }, told, stop);
    names.push(name);
    before += data.size;
    return blob;
  };
  try {
    const sent: Attachment[] = [];
    for (const { data, poster, name, mediaType, width, height, milliseconds } of files) {
      const small = poster === null ? null : await send(poster, POSTER_TYPE);
      const blob = await send(data, mediaType);
      const posterType = small === null ? "" : POSTER_TYPE;
      const kind = kindOf(mediaType);
      const more = { width, height, milliseconds, poster: small, posterType };
      sent.push({ kind, mediaType, name: nameOf(name), blob, inline: EMPTY, ...more });
    }
    goOn(stop);
    return await chats.send(chat, text, id, answers, rawOf(sent));
  } catch (error) {
    // Words that are kept go out, and their files are theirs (ATT-2.8).
    if ((await chats.ours(chat, id)) === null) await giveUp(api, names);
    throw error;
  }
}

async function giveUp(api: ApiClient, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await api.ask("DELETE /attachments/{name}", { path: { name } }).catch(ignored);
  }
}

/** What cannot be removed now goes with its time. */
function ignored(error: unknown): void {
  if (!(error instanceof KithError)) throw error;
}

/** Have our node remove the files of a message that was taken back. */
export async function forget({ api }: OpenDevice, raw: string): Promise<void> {
  const blobs = filesIn(raw).those.flatMap(({ blob, poster }) => [blob, poster]);
  const names = blobs.flatMap((one) => one?.href ?? []).map((url) => NAME.exec(url)?.[1] ?? "");
  await giveUp(
    api,
    names.filter((name) => name !== ""),
  );
}

// -- up -------------------------------------------------------------------------------------------

interface Sending {
  readonly data: Blob;
  readonly chunks: Chunks;
  readonly layout: Layout;
  readonly stop: AbortSignal;
}

/** Chunks from `first` on, sealed. */
async function sealed(
  { data, chunks, layout }: Sending,
  first: number,
  end: number,
): Promise<Bytes> {
  const part = new Uint8Array(await data.slice(first * CHUNK, end * CHUNK).arrayBuffer());
  const made: Promise<Bytes>[] = [];
  for (let number = first; number < end; number++) {
    const at = (number - first) * CHUNK;
    made.push(sealChunk(chunks, layout, number, part.slice(at, at + CHUNK)));
  }
  return concat(...(await Promise.all(made)));
}

async function sendSealed(
  api: ApiClient,
  entropy: Entropy,
  { data, mediaType }: { readonly data: Blob; readonly mediaType: string },
  progress: Progress,
  stop: AbortSignal,
): Promise<{ readonly blob: Sealed; readonly name: string }> {
  const layout = new Layout(data.size);
  const key = entropy.draw(KEY_BYTES);
  const chunks = await Chunks.make(key, entropy.draw(SALT_BYTES), contextOf(mediaType, data.size));
  const sending = { data, chunks, layout, stop };
  const upload = await api.ask("POST /uploads", { body: { size: layout.sealed } });
  try {
    const digest = await fill(api, sending, upload, progress);
    const { href, name } = await madeOf(api, upload.id);
    return { blob: { key, size: data.size, sha256: digest, href: [href] }, name };
  } catch (error) {
    await undo(api, upload.id).catch(ignored);
    throw error;
  }
}

/** Asked again, it is answered with the same one. */
function madeOf(api: ApiClient, upload: string) {
  return api.ask("POST /attachments", { body: { upload }, harmless: true });
}

async function undo(api: ApiClient, id: string): Promise<void> {
  try {
    await api.ask("DELETE /uploads/{id}", { path: { id } });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    // It was made, and that answer was lost.
    await giveUp(api, [(await madeOf(api, id)).name]);
  }
}

/** All of it, in pieces that end where a chunk does. */
async function fill(
  api: ApiClient,
  sending: Sending,
  { id, chunk_limit_bytes: limit }: UploadView,
  progress: Progress,
): Promise<Bytes> {
  const { layout, chunks, stop } = sending;
  const most = Math.max(1, Math.min(AT_ONCE, Math.floor((limit - HEAD) / SEALED_CHUNK)));
  const hash = sha256.create();
  for (let first = 0, at = 0; first < layout.count; first += most) {
    goOn(stop);
    const end = Math.min(first + most, layout.count);
    const body = await sealed(sending, first, end);
    const piece = first ? body : concat(chunks.head, body);
    progress(at, layout.sealed);
    hash.update(piece);
    const digest = end === layout.count ? hex(Uint8Array.from(hash.clone().digest())) : "";
    await sendPiece(api, { id, at, piece, digest });
    at += piece.length;
  }
  progress(layout.sealed, layout.sealed);
  return Uint8Array.from(hash.digest());
}

interface Piece {
  readonly id: string;
  readonly at: number;
  readonly piece: Bytes;
  /** Of the whole file, with its last piece. */
  readonly digest: string;
}

/** Where the node stands in a piece, and how often it did not come further. */
class Standing {
  from = 0;
  isThere = false;
  failures = 0;
  #setbacks = 0;
  readonly #piece: Piece;

  constructor(piece: Piece) {
    this.#piece = piece;
  }

  /** The node told where it stands. */
  at(offset: number, isSealed: boolean): void {
    const { at, piece, digest } = this.#piece;
    const from = isSealed ? piece.length : offset - at;
    // Who goes back again and again would have us send without an end.
    if (from < this.from) this.#setbacks++;
    if (from > this.from) this.failures = -1;
    this.from = from;
    this.isThere = isSealed || (digest === "" && from === piece.length);
  }

  /** Whether one more try is of use; each is counted. */
  goesOn(): boolean {
    const isLost = this.from < 0 || this.from > this.#piece.piece.length;
    this.failures++;
    return !isLost && Math.max(this.#setbacks, this.failures) < TRIES;
  }
}

/** Cut in the middle, its beginning may be there: what is sent then begins behind that. */
async function sendPiece(api: ApiClient, what: Piece): Promise<void> {
  const now = new Standing(what);
  while (!now.isThere) {
    const why = await tried(api, what, now);
    if (!now.isThere && !now.goesOn()) throw why;
  }
}

/** Send what is not there yet; what was in the way. */
async function tried(
  api: ApiClient,
  { id, at, piece, digest }: Piece,
  now: Standing,
): Promise<Error> {
  const path = { id };
  const query = { offset: String(at + now.from), ...(digest ? { sha256: digest } : {}) };
  try {
    const body = piece.slice(now.from);
    const { offset, state } = await api.ask("PUT /uploads/{id}", { path, query, body });
    now.at(offset, state === "sealed");
  } catch (error) {
    if (error instanceof Unreachable) {
      await api.rest(now.failures + 1);
      const view = await api.ask("GET /uploads/{id}", { path }).catch(() => null);
      if (view !== null) now.at(view.offset, view.state === "sealed");
      return error;
    }
    const { offset } = error instanceof Conflict ? error.params : {};
    if (typeof offset !== "number" || offset === at + now.from) throw error;
    now.at(offset, false); // the node knows better: our last answer may have been lost
  }
  return new Unreachable(LOST);
}
