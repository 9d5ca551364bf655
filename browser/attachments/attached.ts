/**
 * Pure: the files of a message, as it names them (spec ATT-2). Nothing of it is believed. Its twin is
 * `node/client/attached.py`.
 */

import { type Bytes, base64, EMPTY, unbase64, utf8 } from "../wire/bytes.ts";
import { decode, isObject, type Json, type JsonObject } from "../wire/json.ts";
import { ALG, KEY_BYTES } from "./chunked.ts";
import { LARGEST } from "./sizes.ts";

export const MOST = 10;
const LONGEST_NAME = 100; // characters
const LONGEST_SIDE = 20_000;
const LONGEST_TIME = 100 * 3_600_000; // milliseconds
const MOST_ADDRESSES = 4;
const LONGEST_ADDRESS = 2_048;
const DIGEST_BYTES = 32;
const VERSION = 1;
const DOCUMENT = "Document";
const typed = (kind: string, ...those: readonly string[]): ReadonlySet<string> =>
  new Set(those.map((one) => `${kind}/${one}`));
/** What is shown in place, and as what (ATT-2.5). */
const SHOWN: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["Image", typed("image", "jpeg", "png", "gif", "webp", "avif")],
  ["Video", typed("video", "mp4", "webm")],
  ["Audio", typed("audio", "mp4", "mpeg", "ogg", "webm", "wav", "aac")],
]);
const NOTES: ReadonlySet<unknown> = new Set(["Note", "Article", "Page"]);
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,99}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}$/;
const ADDRESS = /^https:\/\/[A-Za-z0-9.-]+(?::[0-9]{1,5})?\/[\x21-\x7e]*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DATA = /^data:([a-z0-9!#$&^_.+/-]{1,200});base64,([A-Za-z0-9+/=]*)$/;
const DURATION = /^PT(?:([0-9]{1,5})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,9})(?:\.([0-9]{1,9}))?S)?$/;
/** Controls, and what turns the order of letters. */
const UNFIT =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is not to be there
  /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** A sealed file: `size` is its length before, `sha256` that of the sealed file. */
export interface Blob {
  readonly key: Bytes;
  readonly size: number;
  readonly sha256: Bytes;
  readonly href: readonly string[];
}

/** A file of a message: sealed elsewhere, or (`inline`) in the message itself. */
export interface Attachment {
  readonly kind: string;
  readonly mediaType: string;
  readonly name: string;
  readonly blob: Blob | null;
  readonly inline: Bytes;
  readonly width: number;
  readonly height: number;
  readonly milliseconds: number;
  readonly poster: Blob | null;
  readonly posterType: string;
}

/** The files of a message, and whether they are all that came beside its words. */
export interface Files {
  readonly those: readonly Attachment[];
  readonly isAll: boolean;
}

const NOTHING = {
  blob: null,
  inline: EMPTY,
  width: 0,
  height: 0,
  milliseconds: 0,
  poster: null,
  posterType: "",
} as const;

/** What it is shown as; a `Document` is only saved (ATT-2.5). */
export function shownAs({ kind, mediaType }: Attachment): string {
  return SHOWN.get(kind)?.has(mediaType) ? kind : DOCUMENT;
}

export function sizeOf({ blob, inline }: Attachment): number {
  return blob === null ? inline.length : blob.size;
}

/** As what a file of this type is sent. */
export function kindOf(mediaType: string): string {
  return [...SHOWN].find(([, types]) => types.has(mediaType))?.[0] ?? DOCUMENT;
}

/** A name as it is shown, and saved (ATT-2.4). */
export function nameOf(text: unknown): string {
  const fit = (typeof text === "string" ? text.replace(UNFIT, "") : "").replace(/[/\\]/g, "_");
  const name = [...fit]
    .slice(0, LONGEST_NAME)
    .join("")
    .replace(/^ +| +$/g, "");
  return name.replace(/^\.+/, "").replace(/^ +| +$/g, "") || "file";
}

// -- what is said ---------------------------------------------------------------------------------

/** Beside the words of a message of ours, as its row keeps them. */
export function rawOf(files: readonly Attachment[]): string {
  return JSON.stringify({ type: "Note", attachment: files.map(documentOf) });
}

function documentOf(file: Attachment): object {
  if (file.blob === null) throw new TypeError("what is sent is sealed");
  const { kind: type, mediaType, name, width, height, milliseconds, poster } = file;
  return {
    type,
    mediaType,
    name,
    ...(width && height ? { width, height } : {}),
    ...(milliseconds ? { duration: durationOf(milliseconds) } : {}),
    encryptedBlob: blobOf(file.blob),
    ...(poster === null
      ? {}
      : { icon: { type: "Image", mediaType: file.posterType, encryptedBlob: blobOf(poster) } }),
  };
}

function durationOf(milliseconds: number): string {
  const rest = milliseconds % 1000;
  const seconds = (milliseconds - rest) / 1000;
  return rest ? `PT${seconds}.${String(rest).padStart(3, "0")}S` : `PT${seconds}S`;
}

function blobOf({ key, size, sha256, href }: Blob): object {
  return { v: VERSION, alg: ALG, key: base64(key), size, sha256: base64(sha256), href };
}

// -- what came ------------------------------------------------------------------------------------

/** The files of a message of which `raw` is all that came, or "" for nothing but words. */
export function filesIn(raw: string): Files {
  if (raw === "") return { those: [], isAll: true };
  let document: Json;
  try {
    document = decode(utf8(raw));
  } catch {
    return { those: [], isAll: false };
  }
  const isAct = isObject(document) && ["Create", "Update"].includes(String(typeOf(document)));
  const inner = isAct ? (document as JsonObject).object : document;
  if (!isObject(inner)) return { those: [], isAll: false };
  const listed = NOTES.has(typeOf(inner)) ? inner.attachment : inner;
  const parts = Array.isArray(listed) ? listed : listed ? [listed] : [];
  const found = parts.slice(0, MOST).map(attachmentIn);
  const those = found.filter((one) => one !== null);
  return { those, isAll: those.length === parts.length };
}

function typeOf({ type }: JsonObject): Json | undefined {
  return Array.isArray(type) && type.length ? type.at(-1) : type;
}

function attachmentIn(document: Json): Attachment | null {
  if (!isObject(document)) return null;
  const kind = typeOf(document);
  if (typeof kind !== "string" || !(SHOWN.has(kind) || kind === DOCUMENT)) return null;
  const mediaType = mediaTypeIn(document);
  const name = nameOf(document.name);
  const blob = blobIn(document.encryptedBlob);
  if (blob === null) return inlineIn(kind, mediaType, name, document);
  if (mediaType === "") return null;
  const { icon } = document;
  const poster = isObject(icon) ? blobIn(icon.encryptedBlob) : null;
  const posterType = isObject(icon) && poster !== null ? mediaTypeIn(icon) : "";
  const isPicture = SHOWN.get("Image")?.has(posterType) === true;
  return {
    kind,
    mediaType,
    name,
    blob,
    inline: EMPTY,
    width: sideIn(document.width),
    height: sideIn(document.height),
    milliseconds: millisecondsIn(document.duration),
    poster: isPicture ? poster : null,
    posterType: isPicture ? posterType : "",
  };
}

function mediaTypeIn({ mediaType }: JsonObject): string {
  return typeof mediaType === "string" && TYPE.test(mediaType) ? mediaType : "";
}

/** A small picture in the message itself (ATT-2.6). */
function inlineIn(
  kind: string,
  mediaType: string,
  name: string,
  document: JsonObject,
): Attachment | null {
  let address: Json | undefined = document.url || document.href;
  if (Array.isArray(address) && address.length) [address] = address;
  if (isObject(address)) address = address.href;
  const said = typeof address === "string" ? DATA.exec(address) : null;
  const [type = "", content] = said ? [said[1], said[2]] : [mediaType, document.content];
  if (!["Image", DOCUMENT].includes(kind) || !SHOWN.get("Image")?.has(type)) return null;
  const inline = bytesIn(content);
  if (!inline.length) return null;
  return { ...NOTHING, kind: "Image", mediaType: type, name, inline };
}

function blobIn(document: Json | undefined): Blob | null {
  if (!isObject(document)) return null;
  if (document.v !== VERSION || document.alg !== ALG) return null;
  const [key, sha256] = [bytesIn(document.key), bytesIn(document.sha256)];
  const { size } = document;
  const listed = Array.isArray(document.href) ? document.href : [document.href];
  const href = listed.slice(0, MOST_ADDRESSES).filter(isAddress);
  if (key.length !== KEY_BYTES || sha256.length !== DIGEST_BYTES || !href.length) return null;
  if (!isWhole(size) || size < 0 || size > LARGEST) return null;
  return { key, size: size + 0, sha256, href };
}

/** Whether a sealed file may be fetched from there (ATT-2.2). */
export function isAddress(text: Json | undefined): text is string {
  return typeof text === "string" && text.length <= LONGEST_ADDRESS && ADDRESS.test(text);
}

/** The bytes; none where it is not base64. */
function bytesIn(text: Json | undefined): Bytes {
  return typeof text === "string" && BASE64.test(text) ? unbase64(text) : EMPTY;
}

function isWhole(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function sideIn(value: Json | undefined): number {
  return isWhole(value) && value > 0 && value <= LONGEST_SIDE ? value : 0;
}

function millisecondsIn(text: Json | undefined): number {
  const found = typeof text === "string" ? DURATION.exec(text) : null;
  if (found === null) return 0;
  const [hours = 0, minutes = 0, seconds = 0] = found.slice(1, 4).map((one) => Number(one ?? 0));
  const fraction = Number((found[4] ?? "").slice(0, 3).padEnd(3, "0"));
  const length = ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
  return length <= LONGEST_TIME ? length : 0;
}
