/**
 * Pure: what a device keeps in its vault, and what each row is called (spec DEV-1).
 *
 * A row's name is `kind/rest`, or `kind/<group>/rest`; its value is JSON, but where it says
 * otherwise. Members stand in the order of the spec's table: it is the order on disk.
 */

import { type Bytes, base64, hex, text, unbase64, utf8 } from "../wire/bytes.ts";
import type { Intent, Readmit } from "./intents.ts";

export const CLIENT = "device/client";
export const CURSOR = "device/cursor";
export const SEAT = "device/seat";
export const INCARNATION = "device/incarnation";
export const ARCHIVE = "device/archive";

/** Row → its new value, null for one that goes. */
export type Changes = ReadonlyMap<string, Bytes | null>;

/** The vault, as the device sees it. `counter` grows by one with every step. */
export interface Rows {
  readonly counter: number;
  names(): Iterable<string>;
  read(name: string): Promise<Bytes | null>;
  step(changes: Changes): Promise<void>;
}

/** A group of this device. `ref` is empty until the home node knows it. `joined` is the epoch in which this device came,
 * `grown` the one in which the last actor did. */
export interface ConversationRow {
  readonly group_id: Bytes;
  readonly ref: string;
  readonly url: string;
  readonly members: readonly string[];
  readonly created: number; // seconds since 1970
  readonly left: boolean;
  readonly joined: number;
  readonly grown: number;
}

/**
 * `have` is the seat that was taken last, with `proof`; `nonce` belongs to the one that is asked for.
 *
 * `frozen`: another copy of this vault is the device now.
 */
export interface SeatRow {
  readonly have: number;
  readonly proof: Bytes;
  readonly nonce: Bytes;
  readonly frozen: boolean;
}

/**
 * Which life of the node's database gave the mailbox its numbers; `before`: up to which number this
 * device had read in the one before.
 */
export interface IncarnationRow {
  readonly name: string;
  readonly before: number;
}

/** One Welcome for all devices that a commit adds; `to` are their actors. */
export interface WelcomeRow {
  readonly content: Bytes;
  readonly to: readonly string[];
}

/**
 * What this device means to do in a group, until the home node has accepted it.
 *
 * `content` is the message that was made of it, empty before. A commit brings its `welcomes`, and
 * says which actors it takes out of the group altogether. `proposed`: a `Leave` that was accepted; it
 * stays until a commit has taken it up.
 */
export interface OwedRow {
  readonly group: string;
  readonly intent: Intent;
  readonly content: Bytes;
  readonly welcomes: readonly WelcomeRow[];
  readonly removed: readonly string[];
  readonly proposed: boolean;
}

/**
 * A message in clear: the vault seals it. `at` is when this device read or wrote it; `number` grows
 * from one to the next, whatever the clock does. Of ours `digest` is the SHA-256 of the message in
 * which it was sealed last, `epoch` that message's, and `mended` how often it was missed and sealed
 * anew.
 *
 * `about` is what it answers, which `author` said; `html` is the text as it came, and `raw` all that came of a kind
 * that is not known. `edited` (microseconds) is when it was changed, by the `Update` with the id `edit` and the number
 * `changed`. These are left out where they are empty.
 */
export interface MessageRow {
  readonly id: string;
  readonly actor: string;
  readonly text: string;
  readonly at: number; // microseconds since 1970
  readonly number: number;
  readonly kind: string;
  readonly sent: boolean; // ours only: whether the home node has it
  readonly digest: Bytes;
  readonly epoch: number;
  readonly mended: number;
  readonly about?: string;
  readonly author?: string;
  readonly markdown?: boolean;
  readonly html?: string;
  readonly edited?: number;
  readonly edit?: string;
  readonly changed?: number;
  readonly raw?: string;
  readonly sealed?: boolean; // ours only: it went out once in an earlier conversation
}

/** A mailbox item; as a row, one that came before what it needs: its commit, or its Welcome. */
export interface ParkedRow {
  readonly seq: number;
  readonly ref: string;
  readonly url: string;
  readonly content: Bytes;
  readonly at: number; // microseconds since 1970
}

/**
 * That this device is behind a group. `content` is the question that has to go out, `sent` when it
 * was asked last (0: not yet), `told` whether its person knows, `proven` that a commit took it out
 * and added it anew. Times in seconds since 1970.
 */
export interface AskedRow {
  readonly noticed: number;
  readonly content: Bytes;
  readonly sent: number;
  readonly told: boolean;
  readonly tries: number;
  readonly vain: boolean;
  readonly head: number;
  readonly named: boolean;
  readonly times: number;
  readonly over: boolean;
  readonly proven: boolean;
}

/** Words of ours that came back: why, by actor whose devices did not take them. */
export interface ReturnedRow {
  readonly reasons: Readonly<Record<string, string>>;
}

/**
 * That no living device of an actor is in a group. `has_new`: they have one elsewhere. `since` (seconds):
 * when their last leaf went, where none is left of them.
 */
export interface AbsentRow {
  readonly has_new: boolean;
  readonly since?: number;
}

/** Whom a Welcome of this device was for: it may come back (DEV-10.6). */
export interface InvitedRow {
  readonly actors: readonly string[];
}

/** Of whom a commit left no leaf, which our node does not know. */
export interface GoneRow {
  readonly actors: readonly string[];
}

/**
 * How far the archive was read: to its beginning when `done`, and on to `since`. `earlier` and
 * `later` are how many records came on the way back, and since. `off`: nothing is kept there.
 */
export interface ArchiveRow {
  readonly off: boolean;
  readonly incarnation: string;
  readonly done: boolean;
  readonly since: number;
  readonly earlier: number;
  readonly later: number;
  /** The clause by which the home node takes nothing before `held_until`, and its words. */
  readonly held: string;
  readonly held_until: number;
  readonly why: string;
  /** So many records could not be kept, which nobody looked at yet. */
  readonly missing: number;
}

/** Who was in a conversation of which this device has the history only. */
export interface ArchivedRow {
  readonly members: readonly string[];
}

/** A key package of ours with its private halves. */
export interface PackageRow {
  readonly package: Bytes;
  readonly made: number; // seconds since 1970
  readonly last_resort: boolean;
}

/** How a kind of row is read; all are written alike. */
export type Kind<Row> = (value: unknown) => Row;

function encoded(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? base64(value as Bytes) : value;
}

export function encodeRow(row: object): Bytes {
  return utf8(JSON.stringify(row, encoded));
}

export function decodeRow<Row>(kind: Kind<Row>, data: Bytes): Row {
  return kind(JSON.parse(text(data)));
}

/** A row as JSON has it: its bytes are base64 still. */
type Written<Row> = { readonly [Name in keyof Row]: Row[Name] extends Bytes ? string : Row[Name] };

export const CONVERSATION: Kind<ConversationRow> = (value) => {
  const row = value as Written<ConversationRow>;
  return { ...row, group_id: unbase64(row.group_id) };
};

export const MESSAGE: Kind<MessageRow> = (value) => {
  const row = value as Written<MessageRow>;
  return { ...row, digest: unbase64(row.digest) };
};

export const PARKED: Kind<ParkedRow> = (value) => {
  const row = value as Written<ParkedRow>;
  return { ...row, content: unbase64(row.content) };
};

/** What is kept of a group that this device is behind, before it asked. */
export function unasked(noticed: number): AskedRow {
  const asked = {
    noticed,
    content: new Uint8Array(0),
    sent: 0,
    told: false,
    tries: 0,
    vain: false,
  };
  return { ...asked, head: 0, named: false, times: 0, over: false, proven: false };
}

export const ASKED: Kind<AskedRow> = (value) => {
  const row = value as Written<AskedRow>;
  return { ...unasked(0), ...row, content: unbase64(row.content) };
};

export const PACKAGE: Kind<PackageRow> = (value) => {
  const row = value as Written<PackageRow>;
  return { ...row, package: unbase64(row.package) };
};

export const SEAT_ROW: Kind<SeatRow> = (value) => {
  const row = value as Written<SeatRow>;
  return { ...row, proof: unbase64(row.proof ?? ""), nonce: unbase64(row.nonce) };
};

export const INCARNATION_ROW: Kind<IncarnationRow> = (value) => value as IncarnationRow;

export const ARCHIVE_ROW: Kind<ArchiveRow> = (value) => value as ArchiveRow;
export const ARCHIVED: Kind<ArchivedRow> = (value) => value as ArchivedRow;
export const RETURNED: Kind<ReturnedRow> = (value) => value as ReturnedRow;
export const ABSENT: Kind<AbsentRow> = (value) => value as AbsentRow;
export const INVITED: Kind<InvitedRow> = (value) => value as InvitedRow;
export const GONE: Kind<GoneRow> = (value) => value as GoneRow;

/** A `Readmit` that others may be quicker with. */
export const READMISSION: Kind<Readmit> = (value) => {
  const row = value as Written<Readmit>;
  return { ...row, package: unbase64(row.package), stale: unbase64(row.stale) };
};

function readIntent(value: unknown): Intent {
  const intent = value as Intent;
  if (intent.type === "Readmit") return READMISSION(value);
  if (intent.type !== "Add") return intent;
  const written = Object.entries(intent.packages as unknown as Record<string, readonly string[]>);
  const packages = written.map(([actor, found]) => [actor, found.map(unbase64)] as const);
  return { ...intent, packages: Object.fromEntries(packages) };
}

function readWelcome(value: unknown): WelcomeRow {
  const row = value as Written<WelcomeRow>;
  return { ...row, content: unbase64(row.content) };
}

export const OWED: Kind<OwedRow> = (value) => {
  const row = value as Written<OwedRow>;
  const intent = readIntent(row.intent);
  const welcomes = row.welcomes.map(readWelcome);
  return { ...row, intent, content: unbase64(row.content), welcomes };
};

/** An intent of which no message is made yet. */
export function unmade(group: string, intent: Intent): OwedRow {
  const content = new Uint8Array(0);
  return { group, intent, content, welcomes: [], removed: [], proposed: false };
}

export function padded(number: number | bigint): string {
  return number.toString().padStart(16, "0");
}

export function conversationRow(group: string): string {
  return `conversation/${group}`;
}

/** A record of the MLS group, in the library's own form (`mls/private/records`). */
export function groupRow(group: string, record: string): string {
  return `group/${group}/${record}`;
}

/** The actor id, in UTF-8, of `handle`, of those we talk with. */
export function handleRow(handle: string): string {
  return `handle/${handle}`;
}

export function packageRow(reference: Bytes): string {
  return `package/${hex(reference)}`;
}

/** The inner id is unique per (group, sender): the same message twice is one row. */
export function messageRow(group: string, actor: string, id: string): string {
  return `message/${group}/${actor} ${id}`;
}

/** A `Failure` of ours, a MessageRow: it asks for what was missed. */
export function failureRow(group: string, id: string): string {
  return `failure/${group}/${id}`;
}

/** That the message with this digest was missed, and asked for; its value is `1`. */
export function missedRow(group: string, digest: Bytes): string {
  return `missed/${group}/${hex(digest)}`;
}

/** An archive key (ARC-2.1), 32 bytes. */
export function archiveKeyRow(generation: number): string {
  return `archive_key/${generation}`;
}

/** A message's record that has to go to the archive; its value is the Record (ARC-1.1). */
export function dueRow(group: string, number: number): string {
  return `due/${group}/${padded(number)}`;
}

export function archivedRow(group: string): string {
  return `archived/${group}`;
}

export function owedRow(group: string, number: number): string {
  return `owed/${group}/${padded(number)}`;
}

export function returnedRow(group: string, id: string): string {
  return `returned/${group}/${id}`;
}

export function invitedRow(group: string, digest: Bytes): string {
  return `invited/${group}/${hex(digest)}`;
}

export function absentRow(group: string, actor: string): string {
  return `absent/${group}/${actor}`;
}

/** That our node may not know the conversation any more; its value is `1`. */
export function forgottenRow(group: string): string {
  return `forgotten/${group}/0`;
}

export function goneRow(group: string): string {
  return `gone/${group}/0`;
}

export function askedRow(group: string): string {
  return `asked/${group}/0`;
}

/** A `Readmit` that others may be quicker with; `key` is that of the leaf that is behind. */
export function readmissionRow(group: string, key: Bytes): string {
  return `readmission/${group}/${hex(key)}`;
}

/** That it was told that commits find no room to wait; its value is `1`. */
export function crowdedRow(group: string): string {
  return `crowded/${group}/0`;
}

export function parkedRow(group: string, epoch: bigint, number: number, isWord: boolean): string {
  return `parked/${group}/${padded(epoch)} ${padded(number)} ${isWord ? "w" : "c"}`;
}

/** What the archive gave back stands before all else, in the order of its times. */
export function asShown(a: MessageRow, b: MessageRow): number {
  if (a.number < 0 && b.number < 0) return a.at - b.at || a.number - b.number;
  return a.number - b.number;
}
