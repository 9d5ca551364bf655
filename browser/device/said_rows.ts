/** Pure: the rows of what happens to messages, and what each is called (spec DEV-18, DEV-1). */

import { hash } from "../mls/public/suite.ts";
import { EMPTY, hex, utf8 } from "../wire/bytes.ts";
import * as content from "./content.ts";
import type { DeviceState } from "./device_state.ts";
import type { Named } from "./message_maker.ts";
import { isGroup } from "./roster_rows.ts";
import {
  ARCHIVED,
  archivedRow,
  conversationRow,
  type Kind,
  MESSAGE,
  type MessageRow,
  messageRow,
} from "./rows.ts";

/** An emoji of `actor`, put or taken away (`off`) at `at` (microseconds) by the activity `id`. */
export interface Reaction {
  readonly actor: string;
  readonly emoji: string;
  readonly id: string;
  readonly at: number;
  readonly off: boolean;
}

/** The reactions to a message, by time and id. */
export interface ReactionsRow {
  readonly by: readonly Reaction[];
}

/** What is about a message that is not here, and when it came (seconds). */
export interface EarlyRow {
  readonly act: MessageRow;
  readonly at: number;
}

/** A record that has to go from the archive: who said what. */
export interface EraseRow {
  readonly actor: string;
  readonly id: string;
}

export const REACTIONS: Kind<ReactionsRow> = (value) => value as ReactionsRow;
export const ERASE: Kind<EraseRow> = (value) => value as EraseRow;
export const EARLY: Kind<EarlyRow> = (value) => {
  const { act, at } = value as EarlyRow;
  return { act: MESSAGE(act), at };
};

type More = "sent" | "digest" | "epoch" | "mended";

/** A message as it is written: its members in their order, those that are empty left out. */
export function message(
  given: Omit<MessageRow, More> & Partial<Pick<MessageRow, More>>,
): MessageRow {
  const { id, actor, text, at, number, kind, sent = true, digest = EMPTY } = given;
  const { epoch = 0, mended = 0, about, author, markdown, html } = given;
  const { edited, edit, changed, raw, sealed } = given;
  const row = { id, actor, text, at, number, kind, sent, digest, epoch, mended };
  const more = { about, author, markdown, html, edited, edit, changed, raw, sealed };
  return { ...row, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value)) };
}

/** What this device does to a message; its value is a MessageRow. */
export function actRow(group: string, id: string): string {
  return `act/${group}/${id}`;
}

/** `name` is the row of the message. */
export function reactionRow(name: string): string {
  return `reaction/${name.slice("message/".length)}`;
}

/** Where all stands that waits for one message. */
export function earlyPlace(group: string, about: string): string {
  return hex(hash(utf8(`${group} ${about}`))).slice(0, 32);
}

export function earlyRow(group: string, act: MessageRow, about: string): string {
  return `early/${earlyPlace(group, about)}/${act.actor} ${act.id}`;
}

export function eraseRow(group: string, number: number): string {
  return `erase/${group}/${number.toString().padStart(16, "0")}`;
}

export function groupIn(name: string): string {
  return name.split("/")[1] ?? "";
}

/** The row of what this device said under that id: words, or what happens to them. */
export function ownRow(state: DeviceState, group: string, id: string): string {
  const name = actRow(group, id);
  return state.has(name) ? name : messageRow(group, state.actor, id);
}

/** What this device did to messages there. */
export async function actsOf(
  state: DeviceState,
  groups: readonly string[],
): Promise<readonly Named<MessageRow>[]> {
  const found: Named<MessageRow>[] = [];
  for (const name of groups.flatMap((group) => state.names("act", group))) {
    found.push({ name, row: await state.get(name, MESSAGE) });
  }
  return found;
}

/** Who takes part there, or did. */
export async function membersOf(state: DeviceState, group: string): Promise<readonly string[]> {
  if (state.has(conversationRow(group))) return (await state.conversation(group)).members;
  return (await state.find(archivedRow(group), ARCHIVED))?.members ?? [];
}

/** The conversations of the same people, `group` first (E2E-5.8). */
export async function samePeople(state: DeviceState, group: string): Promise<readonly string[]> {
  const asOne = (members: readonly string[]) => [...new Set(members)].sort().join(" ");
  const members = asOne(await membersOf(state, group));
  const found = [group];
  if (!members || isGroup(state, group)) return found;
  for (const kind of ["conversation", "archived"]) {
    for (const name of state.names(kind)) {
      const one = name.slice(kind.length + 1);
      const isOther = one !== group && !isGroup(state, one);
      if (isOther && asOne(await membersOf(state, one)) === members) found.push(one);
    }
  }
  return found;
}

/** The row of the message that `actor` said under that id, in `group` where it is there. */
export async function find(
  state: DeviceState,
  group: string,
  actor: string,
  id: string,
): Promise<string | null> {
  return (await every(state, group, actor, id))[0] ?? null;
}

/** All rows of it: words that went on in another conversation may be here twice. */
export async function every(
  state: DeviceState,
  group: string,
  actor: string,
  id: string,
): Promise<readonly string[]> {
  const groups = await samePeople(state, group);
  return groups.map((one) => messageRow(one, actor, id)).filter((name) => state.has(name));
}

/** The rows of all messages with that id. */
export async function allOf(state: DeviceState, group: string, id: string): Promise<string[]> {
  const speakers = [...new Set([state.actor, ...(await membersOf(state, group))])].sort();
  const found: string[] = [];
  for (const one of speakers) {
    const name = await find(state, group, one, id);
    if (name !== null) found.push(name);
  }
  return found;
}

/** The row of the message that an id means (E2E-7.4). */
export async function meant(
  state: DeviceState,
  group: string,
  id: string,
  author = "",
): Promise<string | null> {
  if (author) return find(state, group, author, id);
  const [first, ...more] = await allOf(state, group, id);
  return first === undefined || more.length ? null : first;
}

/** Whether what this device says still counts: a change that was overtaken does not, nor words taken back. */
export async function stands(
  state: DeviceState,
  group: string,
  { kind, actor, about = "", id }: MessageRow,
): Promise<boolean> {
  if (kind !== content.UPDATE) return kind !== content.TOMBSTONE;
  for (const name of await every(state, group, actor, about)) {
    if ((await state.get(name, MESSAGE)).edit === id) return true;
  }
  return false;
}

/** What is said of a row: words as they are now. */
export function wordsOf({ id, text, at, about, author, edited, raw }: MessageRow): content.Words {
  return {
    id,
    text,
    at,
    ...(about ? { about } : {}),
    ...(author ? { author } : {}),
    ...(edited ? { edited } : {}),
    ...(raw ? { files: content.filesBeside(raw) } : {}),
  };
}

/** What is left of a message. */
export function takenBack(row: MessageRow): MessageRow {
  const { id, actor, at, number, digest, epoch, mended } = row;
  const kind = content.TOMBSTONE;
  return message({ id, actor, text: "", at, number, kind, digest, epoch, mended });
}

/** What somebody did to a message, as a row: `at` is the time that it names. */
export function actOf(said: content.Content, actor: string, number: number): MessageRow {
  const { id, text, time: at, kind, author, markdown, html, like: edit, raw } = said;
  const about = said.about[0] ?? "";
  return message({ id, actor, text, at, number, kind, about, author, markdown, html, edit, raw });
}

/** What somebody said, as a row. `at` (microseconds) is when it came. */
export function messageOf(
  said: content.Content,
  actor: string,
  at: number,
  number: number,
  epoch = 0,
): MessageRow {
  const { id, text, kind, author, markdown, html, time: edited, raw } = said;
  const about = said.about[0] ?? "";
  const more = { about, author, markdown, html, edited, raw };
  return message({ id, actor, text, at, number, kind, epoch, ...more });
}
