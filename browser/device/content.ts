/**
 * Pure: what stands inside a sealed message: ActivityStreams JSON, as peers send it (spec E2E-5).
 *
 * The sender is the MLS leaf that signed; `actor` and `attributedTo` inside are never believed.
 */

import { Malformed, TooMuch } from "../errors.ts";
import { type Bytes, base64, EMPTY, unbase64, utf8 } from "../wire/bytes.ts";
import { uuid4, uuidOf } from "../wire/ids.ts";
import { decode, isObject, type Json, type JsonObject } from "../wire/json.ts";
import { plain } from "./plain_text.ts";

const CONTEXT = "https://www.w3.org/ns/activitystreams";
const LONGEST_CONTENT = 64 * 1024;
/** Somebody could not open a message; peers that do not know what to do with it are silent. */
export const FAILURE = "Failure";
const DIGEST = "ni:///sha-256;"; // RFC 6920
/** Messages in one `Failure`: about 30 KiB. */
export const MOST_NAMED = 500;

/**
 * A message as a person reads it. `kind` is the AS2 type; `text` is plain.
 *
 * `about` are the ids that an activity has as its object.
 */
export interface Content {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
  readonly about: readonly string[];
}

/** `2026-08-01T12:00:00Z`, with six decimals only when there are any. */
export function rfc3339(micros: number): string {
  const fraction = micros % 1_000_000;
  const whole = new Date((micros - fraction) / 1000).toISOString().slice(0, 19);
  return fraction ? `${whole}.${String(fraction).padStart(6, "0")}Z` : `${whole}Z`;
}

/** `urn:uuid:…` of version 4 from 16 bytes of chance. */
export function urnUuid4(chance: Bytes): string {
  return `urn:uuid:${uuidOf(uuid4(chance))}`;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function noteOf(id: string, actor: string, words: string, published: string) {
  return {
    type: "Note",
    id,
    attributedTo: actor,
    content: escaped(words).replaceAll("\n", "<br>"),
    source: { content: words, mediaType: "text/plain" },
    published,
  };
}

/** A `Note` that was said `to` these, for the archive. */
export function writeBareNote(
  id: string,
  actor: string,
  words: string,
  micros: number,
  to: readonly string[],
): Bytes {
  const note = noteOf(id, actor, words, rfc3339(micros));
  return utf8(JSON.stringify({ "@context": CONTEXT, ...note, to }));
}

/** A `Create` of a `Note`; both ids are `urn:uuid:`. Throws `TooMuch` (E2E-5.3). */
export function writeNote(
  id: string,
  activityId: string,
  actor: string,
  words: string,
  micros: number,
): Bytes {
  const published = rfc3339(micros);
  const note = noteOf(id, actor, words, published);
  const type = "Create";
  const document = { "@context": CONTEXT, type, id: activityId, actor, object: note, published };
  const data = utf8(JSON.stringify(document));
  if (data.length > LONGEST_CONTENT) {
    throw new TooMuch("E2E-5.3", `a message has at most ${LONGEST_CONTENT} bytes`);
  }
  return data;
}

/** A `Failure` about the sealed messages that are named `about` (E2E-5.9). */
export function writeFailure(
  id: string,
  actor: string,
  about: readonly string[],
  micros: number,
): Bytes {
  const object = about.length === 1 ? about[0] : about;
  const published = rfc3339(micros);
  const document = { "@context": CONTEXT, type: FAILURE, id, actor, object, published };
  return utf8(JSON.stringify(document));
}

/** The name of the bytes with this SHA-256 (RFC 6920). */
export function named(digest: Bytes): string {
  const written = base64(digest).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return DIGEST + written;
}

/** The inverse of `named`; empty for any other name. */
export function digestOf(name: string): Bytes {
  const written = name.startsWith(DIGEST) ? name.slice(DIGEST.length) : "";
  if (!/^[A-Za-z0-9_-]{43}$/.test(written)) return EMPTY;
  return unbase64(`${written.replaceAll("-", "+").replaceAll("_", "/")}=`);
}

/** What a peer said: an activity, or a bare object. Throws `Malformed` or `TooMuch` (E2E-5). */
export function read(data: Bytes): Content {
  if (data.length > LONGEST_CONTENT) throw new TooMuch("E2E-5.3", "a message that is too long");
  const document = decode(data);
  if (!isObject(document)) throw new Malformed("E2E-5.2", "a message that is not an object");
  const inner = typeOf(document) === "Create" ? document.object : document;
  if (!isObject(inner)) throw new Malformed("E2E-5.2", "a Create without what it creates");
  const id = inner.id || document.id;
  // As many characters as there are code points: an id is compared, not shown.
  if (typeof id !== "string" || !id || [...id].length > 512) {
    throw new Malformed("E2E-5.2", "a message without an id");
  }
  return { id, kind: typeOf(inner), text: textOf(inner), about: aboutOf(inner.object) };
}

function aboutOf(object: Json | undefined): readonly string[] {
  const listed: readonly (Json | undefined)[] = Array.isArray(object) ? object : [object as Json];
  return listed.slice(0, MOST_NAMED).filter((each) => typeof each === "string");
}

function typeOf(document: JsonObject): string {
  const { type } = document;
  const found = Array.isArray(type) && type.length ? type.at(-1) : type;
  if (typeof found !== "string") throw new Malformed("E2E-5.2", "a message without a type");
  return found;
}

function textOf(inner: JsonObject): string {
  const { source, content } = inner;
  if (isObject(source) && source.mediaType === "text/plain") {
    if (typeof source.content === "string") return source.content;
  }
  return typeof content === "string" ? plain(content) : "";
}
