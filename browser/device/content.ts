/**
 * Pure: what stands inside a sealed message: ActivityStreams JSON, as peers send it (spec E2E-5).
 *
 * The sender is the MLS leaf that signed; `actor` and `attributedTo` inside are never believed.
 */

import { Malformed, TooMuch } from "../errors.ts";
import { type Bytes, base64, EMPTY, text, unbase64, utf8 } from "../wire/bytes.ts";
import { uuid4, uuidOf } from "../wire/ids.ts";
import { decode, isObject, type Json, type JsonObject } from "../wire/json.ts";
import { htmlOf, isMarked, plainHtml } from "./markdown.ts";
import { plain } from "./plain_text.ts";

const CONTEXT = "https://www.w3.org/ns/activitystreams";
const LONGEST_CONTENT = 64 * 1024;
/** Somebody could not open a message; peers that do not know what to do with it are silent. */
export const FAILURE = "Failure";
const DIGEST = "ni:///sha-256;"; // RFC 6920
/** Messages in one `Failure`: about 30 KiB. */
export const MOST_NAMED = 500;

/** What happens to a message (E2E-7.5 to E2E-7.7). */
export const UPDATE = "Update";
export const DELETE = "Delete";
export const LIKE = "Like";
export const UNDO = "Undo";
const ACTS: ReadonlySet<string> = new Set([UPDATE, DELETE, LIKE, UNDO]);
export const TOMBSTONE = "Tombstone";
/** Of those kinds, and about no message. */
const SOMETHING = "Activity";
const HEART = "\u2764\ufe0f";
/** Others say so much, and it is nothing to show (E2E-7.8). */
const QUIET: ReadonlySet<string> = new Set([
  "Acknowledge",
  "Read",
  "Listen",
  "View",
  "IntransitiveActivity",
  "kith:Typing",
]);
const KNOWN: ReadonlySet<string> = new Set(["Note", "Article", "Page"]);
const REACTIONS: ReadonlySet<unknown> = new Set([LIKE, "EmojiReact"]);
/** Characters: a family of four with its colours has eleven. */
const LONGEST_EMOJI = 16;
const NO_EMOJI =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is not to be there
  /[\x00-\x20\x7f-\xa0\u1680\u2000-\u200b\u2028-\u202f\u205f-\u2069\u3000\ufeff]/u;
const LONGEST_ID = 512;
const LONGEST_ACTOR = 2048;
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

export const isAct = (kind: string): boolean => ACTS.has(kind);
export const isQuiet = (kind: string): boolean => QUIET.has(kind);

/**
 * A message as a person reads it. `kind` is the AS2 type, or what happens to a message; `text` is plain, or Markdown,
 * or an emoji.
 *
 * `about` are the ids that an activity has as its object, or the one that a message answers, which `author` said.
 * `time` is when it changed (microseconds), `like` the id of what is undone. `raw` is all of it, where it is not known
 * how to show it.
 */
export interface Content {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
  readonly about: readonly string[];
  readonly author: string;
  readonly markdown: boolean;
  readonly html: string;
  readonly time: number;
  readonly like: string;
  readonly raw: string;
}

const NOTHING = {
  text: "",
  about: [] as readonly string[],
  author: "",
  markdown: false,
  html: "",
  time: 0,
  like: "",
  raw: "",
};

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

/**
 * What somebody writes: `about` answers a message that `author` said; `edited` (microseconds) is when they changed it;
 * `files` go along (ATT-2.1).
 */
export interface Words {
  readonly id: string;
  readonly text: string;
  readonly at: number;
  readonly about?: string;
  readonly author?: string;
  readonly edited?: number;
  readonly files?: readonly Json[];
}

function written(words: string): JsonObject {
  const marked = isMarked(words);
  const mediaType = marked ? "text/markdown" : "text/plain";
  return {
    content: marked ? htmlOf(words) : plainHtml(words),
    source: { content: words, mediaType },
  };
}

const ofAuthor = (author = ""): JsonObject => (author ? { "kith:author": author } : {});

function noteOf({ id, text, at, about, author, edited, files }: Words, actor: string) {
  return {
    type: "Note",
    id,
    attributedTo: actor,
    ...written(text),
    published: rfc3339(at),
    ...(edited ? { updated: rfc3339(edited) } : {}),
    ...(about ? { inReplyTo: about } : {}),
    ...ofAuthor(author),
    ...(files?.length ? { attachment: files } : {}),
  };
}

/** What a message of ours has beside its words, where `raw` is all that is kept of it. */
export function filesBeside(raw: string): readonly Json[] {
  const document = JSON.parse(raw) as Json;
  const inner = isObject(document) ? (document.object ?? document) : null;
  const files = isObject(inner ?? undefined) ? (inner as JsonObject).attachment : null;
  return Array.isArray(files) ? files : [];
}

function checked(document: object): Bytes {
  const data = utf8(JSON.stringify(document));
  if (data.length > LONGEST_CONTENT) {
    throw new TooMuch("E2E-5.3", `a message has at most ${LONGEST_CONTENT} bytes`);
  }
  return data;
}

/** A `Note` that was said `to` these, for the archive. */
export function writeBareNote(words: Words, actor: string, to: readonly string[]): Bytes {
  return utf8(JSON.stringify({ "@context": CONTEXT, ...noteOf(words, actor), to }));
}

/** A `Create` of a `Note`; both ids are `urn:uuid:`. Throws `TooMuch` (E2E-5.3). */
export function writeNote(words: Words, activityId: string, actor: string): Bytes {
  const note = noteOf(words, actor);
  const { published } = note;
  const type = "Create";
  return checked({ "@context": CONTEXT, type, id: activityId, actor, object: note, published });
}

/**
 * What happens to the message `about` of `author`; of an `Undo`, `like` is what it undoes. Throws `TooMuch` (E2E-5.3).
 */
export function writeAct(type: string, act: Words, actor: string, like = ""): Bytes {
  const { id, text, at, about = "", author } = act;
  const published = rfc3339(at);
  const content = { ...ofAuthor(author), content: text };
  let object: Json = about;
  if (type === UPDATE) {
    const note = { type: "Note", id: about, attributedTo: actor, ...written(text) };
    object = { ...note, updated: published };
  }
  if (type === UNDO) object = { type: LIKE, id: like, actor, object: about, ...content };
  const more = type === LIKE ? content : {};
  return checked({ "@context": CONTEXT, type, id, actor, object, ...more, published });
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
  const kind = typeOf(inner);
  if (QUIET.has(kind)) return { ...NOTHING, id: "", kind };
  let id = nameOf(inner) || nameOf(document);
  if (!id && kind === DELETE) {
    const about = idOf(inner.object);
    if (typeof about === "string") id = `${about}#deleted`; // it is final, whatever it is called
  }
  if (!isId(id)) throw new Malformed("E2E-5.2", "a message without an id");
  const found = actIn(id, kind, inner) ?? messageIn(id, kind, inner);
  return found.raw ? { ...found, raw: text(data) } : found;
}

/** Its id; "" for what is no text. */
function nameOf({ id }: JsonObject): string {
  return typeof id === "string" ? id : "";
}

// As many characters as there are code points: an id is compared, not shown.
function isId(id: Json | undefined): id is string {
  return typeof id === "string" && id !== "" && [...id].length <= LONGEST_ID;
}

function idOf(object: Json | undefined): Json | undefined {
  return isObject(object) ? object.id : object;
}

function messageIn(id: string, kind: string, inner: JsonObject): Content {
  const words = wordsIn(inner);
  if (kind === FAILURE)
    return { ...NOTHING, id, kind, text: words.text, about: aboutOf(inner.object) };
  const reply = idOf(inner.inReplyTo);
  const about = isId(reply) ? [reply] : [];
  const [changed, said] = [microsOf(inner.updated), microsOf(inner.published)];
  return {
    ...NOTHING,
    ...words,
    id,
    kind: ACTS.has(kind) ? SOMETHING : kind,
    about,
    author: about.length ? authorOf(inner) : "",
    time: changed > said ? changed : 0,
    raw: KNOWN.has(kind) && !hasMore(inner) ? "" : "?",
  };
}

/** What happens to a message; null where it is none of it, or about something else. */
function actIn(id: string, kind: string, inner: JsonObject): Content | null {
  const { object } = inner;
  const about = idOf(object);
  const time = microsOf(inner.published);
  // It has the message's own id: what happens to that has another.
  if (kind === TOMBSTONE)
    return { ...NOTHING, id: `${id}#deleted`, kind: DELETE, about: [id], time };
  if (!isId(about)) return null;
  const act = { ...NOTHING, id, kind, about: [about], time };
  if (kind === DELETE) return act;
  if (kind === UPDATE && isObject(object) && hasWords(object)) {
    const raw = hasMore(object) ? "?" : "";
    return { ...act, ...wordsIn(object), time: microsOf(object.updated) || time, raw };
  }
  if (REACTIONS.has(kind)) {
    return { ...act, kind: LIKE, text: emojiIn(inner), author: authorOf(inner) };
  }
  if (kind !== UNDO) return null;
  if (!isObject(object)) return { ...act, about: [], like: about };
  const liked = object.object;
  if (!REACTIONS.has(typeOf(object)) || !isId(liked)) return null;
  const [text, author] = [emojiIn(object), authorOf(object)];
  return { ...act, text, about: [liked], author, like: about };
}

function hasMore({ attachment }: JsonObject): boolean {
  const isMany = typeof attachment === "object" && attachment !== null;
  return isMany ? Object.keys(attachment).length > 0 : Boolean(attachment);
}

function hasWords({ content, source }: JsonObject): boolean {
  return typeof content === "string" || isObject(source);
}

function authorOf(inner: JsonObject): string {
  const author = inner["kith:author"];
  return typeof author === "string" && [...author].length <= LONGEST_ACTOR ? author : "";
}

function emojiIn({ content }: JsonObject): string {
  return typeof content === "string" && content ? checkEmoji(content) : HEART;
}

/** The emoji. Throws `Malformed` (E2E-7.7) for anything else. */
export function checkEmoji(emoji: string): string {
  if (!emoji || [...emoji].length > LONGEST_EMOJI || NO_EMOJI.test(emoji)) {
    throw new Malformed("E2E-7.7", "a reaction is one emoji");
  }
  return emoji;
}

/** The microseconds since 1970 that a peer names; 0 where it names none that can be counted. */
export function microsOf(named: Json | undefined): number {
  const found = typeof named === "string" ? TIME.exec(named) : null;
  if (found === null) return 0;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map(Number);
  const whole = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(whole);
  const isThere =
    year >= 1000 &&
    read.getUTCMonth() === month - 1 &&
    read.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!isThere) return 0;
  const away = (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)) * 60_000;
  const fraction = Number((found[7] ?? "0").slice(0, 6).padEnd(6, "0"));
  const count = (whole + (found[8] === "+" ? -away : away)) * 1000 + fraction;
  return count >= 0 && count <= Number.MAX_SAFE_INTEGER ? count : 0;
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

/** The words, whether they are Markdown, and the HTML they came as where nothing else says what was written. */
function wordsIn(inner: JsonObject): Pick<Content, "text" | "markdown" | "html"> {
  const { source } = inner;
  if (isObject(source) && typeof source.content === "string") {
    const { content, mediaType } = source;
    if (mediaType === "text/plain") return { text: content, markdown: false, html: "" };
    if (mediaType === "text/markdown") return { text: content, markdown: true, html: "" };
  }
  const isSaid = typeof inner.content === "string" && inner.content !== "";
  const content = isSaid ? inner.content : inner.name;
  if (typeof content !== "string") return { text: "", markdown: false, html: "" };
  const words = plain(content);
  return { text: words, markdown: false, html: plainHtml(words) === content ? "" : content };
}
