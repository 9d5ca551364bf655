/** Pure: the MLS groups of a device, whom it believes in them, and what a new one is called. */

import { Missing } from "../errors.ts";
import {
  type Client,
  type Entropy,
  handshakes,
  type Joined,
  type Judge,
  type Means,
  type Member,
  type OwnPackage,
  Session,
  type Step,
} from "../mls/group.ts";
import type { Extensions } from "../mls/public/extensions.ts";
import { type Bytes, equal, hex, text, utf8 } from "../wire/bytes.ts";
import { type ConversationRow, groupRow, type MessageRow } from "./rows.ts";

/** Where the records of groups stand. */
export interface GroupRows {
  names(kind: string, group?: string): readonly string[];
  read(name: string): Promise<Bytes | null>;
  write(name: string, value: Bytes): void;
  delete(name: string): void;
}

/** The groups in which this device takes part, each as its session and its records. */
export class Groups {
  me: Client;
  readonly #rows: GroupRows;
  readonly #means: Means;
  readonly #sessions = new Map<string, Session>();
  readonly #touched = new Set<string>();

  constructor(kept: GroupRows, me: Client, means: Means) {
    this.#rows = kept;
    this.me = me;
    this.#means = means;
  }

  has(group: string): boolean {
    return this.#sessions.has(group) || this.#rows.names("group", group).length > 0;
  }

  /** The session of a group. Throws `Missing` (E2E-5.6). */
  async session(group: string): Promise<Session> {
    this.#touched.add(group);
    const known = this.#sessions.get(group);
    if (known !== undefined) return known;
    const names = this.#rows.names("group", group);
    if (!names.length) throw new Missing("E2E-5.6", "this device is not in that conversation");
    const head = groupRow(group, "").length;
    const records = new Map<string, Bytes>();
    for (const name of names) {
      const value = await this.#rows.read(name);
      if (value !== null) records.set(name.slice(head), value);
    }
    const session = await Session.load(records, this.#means);
    this.#sessions.set(group, session);
    return session;
  }

  /** Go on with what a session's deed left, and keep its records. */
  apply<T>(group: string, step: Step<T>): T {
    this.#touched.add(group);
    for (const [record, value] of step.change.writes) {
      this.#rows.write(groupRow(group, record), value);
    }
    for (const record of step.change.deletes) this.#rows.delete(groupRow(group, record));
    if (step.session.over) this.#sessions.delete(group);
    else this.#sessions.set(group, step.session);
    return step.value;
  }

  /** A new group of this device alone; its name here. */
  async found(groupId: Bytes, now: number, extensions: Extensions = []): Promise<string> {
    const group = hex(groupId);
    this.apply(group, await Session.create(this.me, this.#means, groupId, now, extensions));
    return group;
  }

  /** What comes of a Welcome for a key package of ours: to be applied, unless this device is in the
   * group already (DEV-9.4). */
  async join(welcome: Bytes, own: OwnPackage): Promise<Step<Joined>> {
    const { join } = await handshakes();
    return join(welcome, own, this.me, this.#means);
  }

  /** What a session's deed left is not kept: it is read again as it stands. */
  passOver(group: string): void {
    this.#sessions.delete(group);
  }

  /** Remove all that is kept of a group. */
  forget(group: string): void {
    this.#touched.add(group);
    this.#sessions.delete(group);
    for (const name of this.#rows.names("group", group)) this.#rows.delete(name);
  }

  /** The step is written. */
  settle(): void {
    this.#touched.clear();
  }

  /** The step was not written: the sessions that it used are read again from what is. */
  undo(): void {
    for (const group of this.#touched) this.#sessions.delete(group);
    this.#touched.clear();
  }
}

const BASIC = 1;

/**
 * A basic credential that names an actor, and is succeeded by the same actor only.
 *
 * Whose key it is follows from how it came: we add only what the actor's own node handed out for
 * them (E2E-5.1), and each message shows its actor's id.
 */
export const believe: Judge = ({ credential, predecessor }) => {
  if (credential.type !== BASIC) return false;
  try {
    const isSame = predecessor === null || equal(predecessor.raw, credential.raw);
    return isSame && text(credential.identity).startsWith("https://");
  } catch {
    return false; // what is not UTF-8 names nobody
  }
};

/** `mls://g/` and base32 of 16 random bytes: valid UTF-8, no host, no time. */
export function newGroupId(entropy: Entropy): Bytes {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const number = BigInt(`0x${hex(entropy.draw(16))}`);
  let name = "";
  for (let shift = 125n; shift >= 0n; shift -= 5n) {
    name += alphabet[Number((number >> shift) & 31n)];
  }
  return utf8(`mls://g/${name}`);
}

export function actorOf(member: Pick<Member, "credential">): string {
  return text(member.credential.identity);
}

export function actorsOf(members: Iterable<Member>): readonly string[] {
  return [...new Set(Array.from(members, actorOf))].sort();
}

/**
 * The groups of just the two: first where they spoke last, or else the newest (E2E-5.8).
 *
 * There are several when one of them came back with a new device.
 */
export async function between(
  known: ReadonlyMap<string, ConversationRow>,
  us: string,
  them: string,
  history: (group: string) => Promise<readonly MessageRow[]>,
): Promise<readonly string[]> {
  const pair = JSON.stringify([...new Set([us, them])].sort());
  const isOfPair = ([, row]: readonly [string, ConversationRow]) =>
    !row.left && JSON.stringify([...new Set(row.members)].sort()) === pair;
  const found = [...known].filter(isOfPair);
  const fresh: { readonly group: string; readonly at: number }[] = [];
  for (const [group, row] of found) {
    const heard = (await history(group)).filter((message) => message.actor === them);
    fresh.push({ group, at: Math.max(row.created * 1e6, ...heard.map(({ at }) => at)) });
  }
  fresh.sort((a, b) => b.at - a.at || (a.group < b.group ? 1 : -1));
  return fresh.map(({ group }) => group);
}
