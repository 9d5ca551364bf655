/**
 * Files of chats go up sealed and come down opened, in the device's worker: no page has their keys (spec ATT). Its twin
 * is `node/client/attaching.py`.
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
  shownAs,
} from "../attachments/attached.ts";
import {
  Chunks,
  contextOf,
  KEY_BYTES,
  Layout,
  opened,
  SALT_BYTES,
  SEALED_CHUNK,
  sealChunk,
} from "../attachments/chunked.ts";
import { CHUNK, HEAD } from "../attachments/sizes.ts";
import { KithError, Malformed, Missing, TooMuch, Unreachable } from "../errors.ts";
import type { ApiClient } from "../messenger/api_client.ts";
import type { UploadView } from "../messenger/api_types.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import { type Bytes, concat, EMPTY, equal, hex } from "../wire/bytes.ts";
import type { Message, Named } from "./device_client.ts";
import type { Outgoing } from "./file_questions.ts";
import type { OpenDevice } from "./open_device.ts";

const TRIES = 10;
/** Chunks in one request, and opened at once. */
const AT_ONCE = 128;
const POSTER_TYPE = "image/jpeg";
const NAME = /\/([A-Za-z0-9_-]{43})$/;

type Progress = (done: number, size: number) => void;
const silent: Progress = () => undefined;

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
    const { blob, name } = await sendSealed(api, entropy, data, mediaType, told);
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
    return await chats.send(chat, text, id, answers, rawOf(sent));
  } catch (error) {
    await giveUp(api, names);
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
  data: Blob,
  mediaType: string,
  progress: Progress,
): Promise<{ readonly blob: Sealed; readonly name: string }> {
  const layout = new Layout(data.size);
  const key = entropy.draw(KEY_BYTES);
  const chunks = await Chunks.make(key, entropy.draw(SALT_BYTES), contextOf(mediaType, data.size));
  const sending = { data, chunks, layout };
  const upload = await api.ask("POST /uploads", { body: { size: layout.sealed } });
  try {
    const digest = await fill(api, sending, upload, progress);
    // Asked again, it is answered with the same one.
    const { href, name } = await api.ask("POST /attachments", {
      body: { upload: upload.id },
      harmless: true,
    });
    return { blob: { key, size: data.size, sha256: digest, href: [href] }, name };
  } catch (error) {
    await api.ask("DELETE /uploads/{id}", { path: { id: upload.id } }).catch(ignored);
    throw error;
  }
}

/** All of it, in pieces that end where a chunk does. */
async function fill(
  api: ApiClient,
  sending: Sending,
  { id, chunk_limit_bytes: limit }: UploadView,
  progress: Progress,
): Promise<Bytes> {
  const { layout, chunks } = sending;
  const most = Math.max(1, Math.min(AT_ONCE, Math.floor((limit - HEAD) / SEALED_CHUNK)));
  const hash = sha256.create();
  for (let first = 0, at = 0; first < layout.count; first += most) {
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

/** Cut in the middle, its beginning may be there: what is sent then begins behind that. */
async function sendPiece(api: ApiClient, { id, at, piece, digest }: Piece): Promise<void> {
  const path = { id };
  const behind = ({ state, offset }: UploadView) =>
    state === "sealed" ? piece.length : offset - at;
  let failures = 0;
  for (let from = 0; from < piece.length; ) {
    const query = { offset: String(at + from), ...(digest ? { sha256: digest } : {}) };
    try {
      from = behind(await api.ask("PUT /uploads/{id}", { path, query, body: piece.slice(from) }));
      failures = 0;
    } catch (error) {
      if (!(error instanceof Unreachable) || ++failures === TRIES) throw error;
      await api.rest(failures);
      const now = await api.ask("GET /uploads/{id}", { path }).catch(() => null);
      if (now !== null) from = behind(now);
    }
  }
}

// -- down -----------------------------------------------------------------------------------------

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
): Promise<Blob> {
  const file = filesIn(await chats.rawOf(chat, message)).those[place];
  if (file === undefined) throw new Missing("ATT-5.3", "this message has no such file");
  const [blob, type] = isPoster ? [file.poster, file.posterType] : [file.blob, file.mediaType];
  if (blob === null) {
    if (isPoster) throw new Missing("ATT-5.3", "this file has no small picture");
    return new Blob([file.inline], { type });
  }
  const data = await fetched(api, blob, type, isPoster ? silent : progress);
  // What is only saved has no type that a browser would show (ATT-2.5).
  const isSaved = !isPoster && shownAs(file) === "Document";
  return new Blob(data, { type: isSaved ? "application/octet-stream" : type });
}

async function fetched(
  api: ApiClient,
  blob: Sealed,
  mediaType: string,
  progress: Progress,
): Promise<Blob[]> {
  const layout = new Layout(blob.size);
  const [href = ""] = blob.href;
  const hash = sha256.create();
  const parts: Blob[] = [];
  let chunks: Chunks | null = null;
  let failures = 0;
  for (let number = 0; number < layout.count; ) {
    const start = chunks === null ? 0 : layout.place(number)[0];
    try {
      for await (const piece of pieces(await api.content(href, start), layout, start, number)) {
        let body = piece;
        if (chunks === null) {
          chunks = await opened(blob.key, piece, contextOf(mediaType, blob.size));
          body = piece.slice(HEAD);
        }
        const found = await openChunks(chunks, layout, number, body);
        hash.update(piece);
        number += found.length;
        failures = 0;
        progress(Math.min(number * CHUNK, layout.length), layout.length);
        // A browser may keep parts of a blob on the disk: all of a film is not in memory.
        parts.push(new Blob(found));
      }
    } catch (error) {
      if (!(error instanceof Unreachable) || ++failures === TRIES) throw error;
      await api.rest(failures);
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
  const reader = answer.body?.getReader();
  let held: Bytes[] = [];
  let has = 0;
  let number = first;
  const wanted = () => {
    const end = Math.min(number + AT_ONCE, layout.count);
    const from = number === 0 && start === 0 ? 0 : layout.place(number)[0];
    return layout.place(end - 1)[1] - from;
  };
  while (reader !== undefined && number < layout.count) {
    const { done, value } = await reader.read().catch(() => {
      throw new Unreachable("the file broke off");
    });
    if (done) break;
    held.push(value as Bytes);
    has += value.length;
    while (number < layout.count && has >= wanted()) {
      const all = concat(...held);
      const size = wanted();
      yield all.slice(0, size);
      held = [all.slice(size)];
      has = all.length - size;
      number = Math.min(number + AT_ONCE, layout.count);
    }
  }
  if (number < layout.count) throw new Unreachable("the file broke off");
}
