/**
 * Pure: which leaves of its groups a device speaks to (spec DEV-16, KEY-5.2).
 *
 * What stands in the way is a row, so that looking at it costs nothing when something is said.
 */

import { Refused } from "../errors.ts";
import {
  GRACE_SECONDS,
  isAhead,
  isListed,
  judgeLeaf,
  type Line,
  type Pin,
  type SeenLeaf,
  UNLISTED,
} from "../keys/private/pins.ts";
import {
  CERTIFICATE_EXTENSION,
  type Certified,
  checkInTime,
  checkLeaf,
} from "../keys/public/certificate.ts";
import { hasKey } from "../keys/public/device_list.ts";
import { endOf } from "../keys/public/published.ts";
import type { Member } from "../mls/group.ts";
import { find } from "../mls/public/extensions.ts";
import type { LeafNode } from "../mls/public/leaf.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import type { AccountKeys } from "./account_keys.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import { type DeviceState, SUITE } from "./device_state.ts";
import { actorOf } from "./groups.ts";
import {
  type AccountKeysRow,
  LOOKED,
  lookedRow,
  MET,
  type MetRow,
  metRow,
  type StoppedRow,
  stoppedRow,
} from "./key_rows.ts";
import type { Pins } from "./pins.ts";
import { OWED } from "./rows.ts";
import { unmake } from "./staged.ts";
import * as stops from "./stops.ts";

function ownLine(seen: string, deed: "go on" | "stop"): Line<SeenLeaf> {
  return { seen, fits: () => true, deed };
}

const FINE = ownLine("ours", "go on");
const OWN_DEVICE = ownLine(stops.OWN_DEVICE, "stop");
const THIS_DEVICE = ownLine(stops.THIS_DEVICE, "stop");

/** A leaf, what was seen of it, and the line of KEY-5.2 that fits it. */
export interface Judged {
  readonly actor: string;
  readonly key: Bytes;
  readonly seen: SeenLeaf;
  readonly line: Line<SeenLeaf>;
}

/** The number of its certificate. */
export function leastOf({ seen: { certified } }: Judged): string {
  return certified === null ? "" : `${certified.certificate.d}.${certified.certificate.n}`;
}

/** What is known of where a leaf stands, besides itself. */
interface Place {
  readonly met: MetRow | null;
  readonly isNew: boolean;
  readonly isOwn: boolean;
  readonly isRead: boolean;
}

/** Which leaves are judged: `only` those of some actors; `read` is whose list was read just now. */
interface Some {
  /** The signature keys, in hex, of those that came just now. */
  readonly came?: ReadonlySet<string>;
  readonly only?: ReadonlySet<string> | null;
  readonly read?: string;
}

/** Those of one device's groups. What changes them is called inside a step. */
export class Leaves {
  readonly #state: DeviceState;
  readonly #keys: AccountKeys;
  readonly #pins: Pins;
  #own: { readonly row: AccountKeysRow; readonly pin: Pin } | null = null;
  /** Its two signatures are checked once. */
  readonly #chains = new WeakMap<LeafNode, Certified | null>();

  constructor(state: DeviceState, keys: AccountKeys, pins: Pins) {
    this.#state = state;
    this.#keys = keys;
    this.#pins = pins;
  }

  // -- judging ------------------------------------------------------------------------------------

  /** The leaves of the group. */
  async ofGroup(group: string, now: number, some: Some = {}): Promise<readonly Judged[]> {
    const { came = new Set(), only = null, read = "" } = some;
    const session = await this.#state.groups.session(group);
    const found: Judged[] = [];
    for (const [index, leaf] of session.group.tree.members()) {
      const actor = actorOf(leaf);
      if (only !== null && !only.has(actor)) continue;
      const met = await this.#state.find(metRow(group, leaf.signatureKey), MET);
      const isNew = came.has(hex(leaf.signatureKey));
      const isRead = met === null ? actor === read : met.asked;
      const place = { met, isNew, isOwn: index === session.ownLeaf, isRead };
      found.push(await this.#judge(leaf, place, now));
    }
    return found;
  }

  /** A leaf that is to be added. Whether a newer list has it was asked before. */
  ofPackage(leaf: LeafNode, now: number): Promise<Judged> {
    return this.#judge(leaf, { met: null, isNew: true, isOwn: false, isRead: true }, now);
  }

  async #judge(leaf: LeafNode, { met, isNew, isOwn, isRead }: Place, now: number): Promise<Judged> {
    const [actor, key] = [actorOf(leaf), leaf.signatureKey];
    const pin = await this.pinOf(actor);
    const looked = await this.#state.find(lookedRow(actor), LOOKED);
    const certified = await this.#chain(leaf, actor, now, isNew);
    // That they publish none was said before this leaf was met: they may have begun since.
    const isOlder = looked?.shown === false && !isRead && certified !== null;
    const ended = pin !== null && met !== null && met.at > endOf(pin.keys) + GRACE_SECONDS;
    const seen: SeenLeaf = {
      pin,
      key: { suite: SUITE, signatureKey: key },
      certified,
      published: looked === null || isOlder ? null : looked.shown,
      waited: met === null ? 0 : now - met.at,
      isNew: isNew || ended,
      now,
    };
    const line = judgeLeaf(seen);
    const own = actor === this.#state.actor;
    return { actor, key, seen, line: own ? await this.#ofOwn(seen, line, isOwn) : line };
  }

  /** A leaf of our own account: whether it is on our list is all that is asked. */
  async #ofOwn(seen: SeenLeaf, line: Line<SeenLeaf>, isOwn: boolean): Promise<Line<SeenLeaf>> {
    if (isOwn) return (await this.isOffList()) ? THIS_DEVICE : FINE;
    if (seen.pin === null) return FINE;
    return line.deed === "stop" && !isListed(seen) ? OWN_DEVICE : line;
  }

  /** Whether this device is not on its account's list, as far as it knows one. */
  async isOffList(): Promise<boolean> {
    const row = await this.#keys.row();
    if (row !== null) return row.unlisted;
    const pin = await this.#pins.of(this.#state.actor);
    const signatureKey = this.#state.groups.me.signature.public;
    return pin !== null && !hasKey(pin.keys.devices, { suite: SUITE, signatureKey });
  }

  /** The keys by which leaves of `actor` are judged; for ours what the home node took. */
  async pinOf(actor: string): Promise<Pin | null> {
    const row = actor === this.#state.actor ? await this.#keys.row() : null;
    if (row === null) return this.#pins.of(actor);
    if (!row.accepted) return null;
    if (this.#own?.row !== row) {
      const keys = await this.#keys.published();
      this.#own = { row, pin: { keys, verified: false, forked: false, anew: false } };
    }
    return this.#own.pin;
  }

  /** The certificate of a leaf; none where it is wrong, or has ended in one that is new. */
  async #chain(leaf: LeafNode, actor: string, now: number, isNew: boolean) {
    let known = this.#chains.get(leaf);
    if (known === undefined) {
      known = await this.#checked(leaf, actor);
      this.#chains.set(leaf, known);
    }
    if (known === null || !isNew) return known;
    return orNull(async (found: Certified) => {
      checkInTime(found, now);
      return found;
    }, known);
  }

  async #checked(leaf: LeafNode, actor: string): Promise<Certified | null> {
    const data = find(leaf.extensions, CERTIFICATE_EXTENSION);
    if (data === null) return null;
    const key = { suite: SUITE, signatureKey: leaf.signatureKey };
    return orNull((bytes: Bytes) => checkLeaf(bytes, actor, key), data);
  }

  // -- what is kept of it -------------------------------------------------------------------------

  /**
   * Judge the leaves of the group; what is to be known of it is told, once.
   *
   * `came` are new ones; where only the list of `read` was read just now it is theirs alone that are judged:
   * nobody else's changed by that.
   */
  look(
    group: string,
    now: number,
    came: readonly Member[] = [],
    read = "",
  ): Promise<readonly ConversationEvent[]> {
    const keys = new Set(came.map(({ signatureKey }) => hex(signatureKey)));
    return this.#look(group, now, { came: keys, read, only: read ? new Set([read]) : null });
  }

  /** Time passed: judge again whose leaves are met, or stopped at. */
  async tend(group: string, now: number): Promise<readonly ConversationEvent[]> {
    const doubted = new Set((await stops.stopped(this.#state, group)).keys());
    for (const name of this.#state.names("met", group)) {
      doubted.add((await this.#state.get(name, MET)).actor);
    }
    return this.#look(group, now, { only: doubted });
  }

  async #look(group: string, now: number, some: Some): Promise<readonly ConversationEvent[]> {
    if (!this.#state.groups.has(group)) return this.#forget(group);
    const { only = null, read = "" } = some;
    const stopped = new Map<string, Judged[]>();
    const met = new Set<string>();
    for (const one of await this.ofGroup(group, now, some)) {
      const name = await this.#meet(group, one, now, read);
      if (name !== null) met.add(name);
      if (one.line.deed === "stop")
        stopped.set(one.actor, [...(stopped.get(one.actor) ?? []), one]);
    }
    for (const name of this.#state.names("met", group)) {
      if (met.has(name)) continue;
      if (only === null || only.has((await this.#state.get(name, MET)).actor)) {
        this.#state.delete(name);
      }
    }
    return this.#keep(group, stopped, only);
  }

  /** Remember since when there is doubt about a leaf; the name of its row, if there is. */
  async #meet(group: string, one: Judged, now: number, read: string): Promise<string | null> {
    const isDoubted = one.line.deed === "stop" || one.line.deed === "fetch";
    if (!isDoubted || !this.#state.has(lookedRow(one.actor))) return null;
    const name = metRow(group, one.key);
    const known = await this.#state.find(name, MET);
    const { actor } = one;
    const met = known ?? { actor, at: now, least: leastOf(one), asked: actor === read };
    // Its time begins anew where the clock was set back.
    if (known === null || known.at > now) this.#state.put(name, { ...met, at: now });
    return name;
  }

  #forget(group: string): readonly ConversationEvent[] {
    for (const kind of ["met", "stopped"]) {
      for (const name of this.#state.names(kind, group)) this.#state.delete(name);
    }
    return [];
  }

  async #keep(
    conversation: string,
    found: ReadonlyMap<string, readonly Judged[]>,
    only: ReadonlySet<string> | null,
  ): Promise<readonly ConversationEvent[]> {
    const told: ConversationEvent[] = [];
    const known = [...(await stops.stopped(this.#state, conversation))];
    const before = new Map(known.filter(([actor]) => only === null || only.has(actor)));
    for (const actor of [...before.keys()].sort()) {
      if (found.has(actor)) continue;
      this.#state.delete(stoppedRow(conversation, actor));
      told.push({ is: "DoubtSettled", conversation, actor });
    }
    for (const [actor, leaves] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const row = await this.#row(conversation, leaves);
      const was = before.get(actor);
      if (was !== undefined && same(row, was)) continue;
      this.#state.put(stoppedRow(conversation, actor), row);
      await this.#unseal(conversation);
      if (was?.why === row.why) continue;
      told.push({ is: "DeviceDoubted", conversation, actor, seen: row.why });
    }
    return told;
  }

  /** Words that are sealed and still here would go to a leaf that is not spoken to. */
  async #unseal(group: string): Promise<void> {
    for (const name of this.#state.names("owed", group)) {
      const row = await this.#state.get(name, OWED);
      if (row.content.length && row.intent.type === "Say") await unmake(this.#state, { name, row });
    }
  }

  async #row(group: string, leaves: readonly Judged[]): Promise<StoppedRow> {
    for (const one of leaves) {
      if (!(await this.#isRevoked(group, one))) return { why: one.line.seen, remove: [] };
    }
    const keys = leaves.map(({ key }) => key).sort((a, b) => (hex(a) < hex(b) ? -1 : 1));
    return { why: leaves[0]?.line.seen ?? "", remove: keys };
  }

  /** Whether a list that counts has no place for the leaf, also asked anew: it may be of a device that
   * came since. */
  async #isRevoked(group: string, { seen, line, key }: Judged): Promise<boolean> {
    const { pin } = seen;
    const isOfNoList = line === UNLISTED || line === OWN_DEVICE;
    if (pin === null || isAhead(seen) || !isOfNoList) return false;
    if (seen.now > endOf(pin.keys) + GRACE_SECONDS) return false;
    return (await this.#state.find(metRow(group, key), MET))?.asked === true;
  }
}

function same(one: StoppedRow, other: StoppedRow): boolean {
  const keys = (row: StoppedRow) => row.remove.map(hex).join();
  return one.why === other.why && keys(one) === keys(other);
}

/** What `check` gives, or null where it refuses. */
async function orNull<T>(
  check: (given: T) => Promise<Certified>,
  given: T,
): Promise<Certified | null> {
  try {
    return await check(given);
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}
