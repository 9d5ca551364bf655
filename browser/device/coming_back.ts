/**
 * Pure: a device that is behind its group asks to be taken back, and others take it (spec DEV-9).
 *
 * The commits that it missed are gone. It asks by what RFC 9420 has for newcomers: an Add of its own
 * key package as a PublicMessage (§12.1.8), signed by the key of the leaf that still stands for it.
 */

import { Broken, Forbidden, Refused } from "../errors.ts";
import { handshakes, type Joined, OwnPackage, type Session } from "../mls/group.ts";
import { checkSignature } from "../mls/private/protect.ts";
import * as framing from "../mls/public/framing.ts";
import { type Bytes, EMPTY, equal, hex, unhex } from "../wire/bytes.ts";
import { sameOrigin } from "../wire/ids.ts";
import * as behind from "./behind.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import type { Outcome, Send } from "./exchange.ts";
import { actorOf } from "./groups.ts";
import { nodeForgot } from "./home.ts";
import type { Readmit } from "./intents.ts";
import * as later from "./later.ts";
import * as parked from "./parked.ts";
import { isGroup } from "./roster_rows.ts";
import {
  ASKED,
  type AskedRow,
  askedRow,
  crowdedRow,
  messageRow,
  PACKAGE,
  PARKED,
  type PackageRow,
  type ParkedRow,
  unasked,
} from "./rows.ts";
import * as stops from "./stops.ts";

const MOST_TRIES = 8;
const FALSE_EPOCH = "it is of an epoch in which the group is not, so that nobody can read it";

/** Both sides of it. */
export class ComingBack {
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;

  constructor(state: DeviceState, outbox: DeviceOutbox) {
    this.#state = state;
    this.#outbox = outbox;
  }

  /** Whether it is worth a look. */
  get mayBeBehind(): boolean {
    const { heads } = this.#outbox.obstacles;
    return heads.size > 0 || ["parked", "asked"].some((kind) => this.#groupsWith(kind).length);
  }

  #groupsWith(kind: string): readonly string[] {
    return this.#state.groupsWith(kind);
  }

  /** The whole mailbox was read: of which groups are commits gone? */
  async look(now: number): Promise<readonly ConversationEvent[]> {
    const found: ConversationEvent[] = [];
    const { heads } = this.#outbox.obstacles;
    const hints = [...heads.keys(), ...this.#groupsWith("parked"), ...this.#groupsWith("asked")];
    const here = new Set(this.#groupsWith("group"));
    for (const group of [...new Set(hints)].filter((one) => here.has(one)).sort()) {
      const known = (await this.#state.find(askedRow(group), ASKED)) ?? unasked(now);
      const latest = Math.max(heads.get(group) ?? 0, await this.#parkedEpoch(group));
      const asked = { ...known, head: Math.max(latest, known.head) };
      if (asked.head <= Number((await this.#state.groups.session(group)).epoch)) {
        await behind.caughtUp(this.#state, group);
      } else if (asked.over || (asked.vain && (await this.#isHeardElsewhere(group, asked)))) {
        await this.#end(group, asked);
      } else {
        found.push(...(await this.#behind(group, asked, now)));
      }
    }
    return found;
  }

  /** Whether the other of two people was read in a conversation that was begun since. */
  async #isHeardElsewhere(group: string, asked: AskedRow): Promise<boolean> {
    const { actor } = this.#state;
    const members = new Set((await this.#state.conversation(group)).members).add(actor);
    const [other, ...more] = [...members].filter((one) => one !== actor);
    if (other === undefined || more.length || isGroup(this.#state, group)) return false;
    for (const [id, row] of await this.#state.conversations()) {
      const isTheirs = new Set(row.members).size === 2 && row.members.every((m) => members.has(m));
      const isSince = id !== group && row.created >= asked.noticed && !isGroup(this.#state, id);
      if (isTheirs && isSince && this.#hasRead(id, other)) return true;
    }
    return false;
  }

  #hasRead(group: string, actor: string): boolean {
    const said = messageRow(group, actor, "");
    return this.#state.names("message", group).some((name) => name.startsWith(said));
  }

  /** They are heard elsewhere: nothing is asked here any more, and nothing waits. */
  async #end(group: string, asked: AskedRow): Promise<void> {
    this.#state.put(askedRow(group), { ...asked, content: EMPTY, over: true });
    for (const name of this.#state.names("parked", group)) this.#state.delete(name);
    await later.forget(this.#state, group, () => true);
  }

  /** Our node was put back: what its conflicts named is no more than a claim (DEV-9.5). */
  async restored(): Promise<void> {
    const { heads } = this.#outbox.obstacles;
    for (const group of [...heads.keys()]) {
      if (await this.#isOurs(group)) heads.delete(group);
    }
    for (const group of this.#groupsWith("asked")) {
      const asked = await this.#state.get(askedRow(group), ASKED);
      if (asked.named && (await this.#isOurs(group))) {
        this.#state.put(askedRow(group), { ...asked, named: false });
      }
    }
  }

  /** Whether our own node is the relay. */
  async #isOurs(group: string): Promise<boolean> {
    return sameOrigin((await this.#state.conversation(group)).url, this.#state.actor);
  }

  /** The latest epoch of which something waits. */
  async #parkedEpoch(group: string): Promise<number> {
    return Number((await parked.waiting(this.#state, group)).at(-1)?.epoch ?? 0);
  }

  async #behind(group: string, row: AskedRow, now: number): Promise<readonly ConversationEvent[]> {
    const { head, proven } = row;
    const named = row.named || this.#outbox.obstacles.heads.has(group);
    let asked: AskedRow = named && row.noticed > now ? { ...unasked(now), head, proven } : row;
    // A clock that was ahead once makes no time longer.
    const noticed = Math.min(asked.noticed, now + behind.ASK_AGAIN_SECONDS);
    asked = { ...asked, sent: Math.min(asked.sent, now), noticed };
    const waits = (await this.#isOurs(group)) ? 0 : behind.PATIENCE_SECONDS;
    const due = Math.max(asked.noticed + waits, asked.sent && asked.sent + behind.pause(asked));
    const told: ConversationEvent[] = [];
    const content = now >= due ? await this.#ask(group, head) : EMPTY;
    if (content.length) {
      if (!asked.told) told.push({ is: "ConversationBehind", conversation: group });
      const vain = asked.sent > 0; // for the time after which it is asked again
      if (vain && !asked.vain) told.push({ is: "ConversationUnanswered", conversation: group });
      const times = asked.times + 1;
      asked = { ...asked, content, sent: now, told: true, tries: 0, vain, times };
    }
    this.#state.put(askedRow(group), { ...asked, named });
    return told;
  }

  /** The question in this epoch; empty while no package of ours is published. */
  async #ask(group: string, epoch: number): Promise<Bytes> {
    const own = await this.#lastResort();
    if (own === null) return EMPTY;
    const { proposeSelf } = await handshakes();
    return proposeSelf(own, this.#state.groups.me, unhex(group), BigInt(epoch));
  }

  /** The newest package of last resort: it is published, and may serve more than once. */
  async #lastResort(): Promise<OwnPackage | null> {
    let last: PackageRow | null = null;
    for (const name of this.#state.names("package")) {
      const row = await this.#state.get(name, PACKAGE);
      if (row.last_resort && (last === null || row.made > last.made)) last = row;
    }
    return last === null ? null : OwnPackage.load(last.package);
  }

  /** The next question that has to go out. */
  async next(): Promise<Send | null> {
    for (const group of this.#groupsWith("asked")) {
      const row = askedRow(group);
      const { content } = await this.#state.get(row, ASKED);
      const { ref } = await this.#state.conversation(group);
      if (content.length && ref && this.#outbox.obstacles.of(group) === null) {
        return { is: "Send", row, group, ref, content, welcomes: [], removed: [] };
      }
    }
    return null;
  }

  /** What came of a question. */
  async outcome(sent: Send, outcome: Outcome): Promise<readonly ConversationEvent[]> {
    let asked = await this.#state.find(sent.row, ASKED);
    if (asked === null || !equal(asked.content, sent.content)) return [];
    if (this.#outbox.obstacles.takes(sent, outcome)) return [];
    const isRefused = outcome instanceof Refused;
    if (isRefused && (await nodeForgot(this.#state, this.#outbox.obstacles, sent.group, outcome)))
      return [];
    const epoch = "is" in outcome && outcome.is === "LostRace" ? outcome.epoch : 0;
    const { tries, proven } = asked;
    const own = Number((await this.#state.groups.session(sent.group)).epoch);
    // What a commit proved nobody can deny (DEV-9.8).
    if (epoch && epoch <= own && !proven) return await this.#nobodyIsThere(sent.group);
    // A relay that denies it is asked again in an hour.
    const isAgain = epoch >= (proven ? asked.head : 1) && tries < MOST_TRIES;
    if (isAgain) asked = { ...asked, head: epoch, named: true };
    asked = await this.#doubted(sent.group, asked, outcome);
    const content = isAgain ? await this.#ask(sent.group, epoch) : EMPTY;
    this.#state.put(sent.row, { ...asked, content, tries: tries + 1 });
    if (!isRefused) return [];
    // Nobody there takes us back: it is over, and words are told.
    const told = await this.#outbox.giveUp(sent.group, outcome);
    const conversation = sent.group;
    return [...told, { is: "ConversationLeft", conversation, by: this.#state.actor }];
  }

  /**
   * A relay that forgot something takes questions of epochs in which nobody is (DEV-9.5).
   *
   * Unless a conflict named the epoch it is what somebody claims: words are not held for it. Only
   * our own node is believed to have forgotten: another may say so to have words sealed for who was
   * removed since.
   */
  async #doubted(group: string, asked: AskedRow, outcome: Outcome): Promise<AskedRow> {
    if (!("is" in outcome) || outcome.is !== "Accepted" || !outcome.term) return asked;
    const isNamed = asked.named || asked.proven || this.#outbox.obstacles.heads.has(group);
    if (isNamed || !(await this.#isOurs(group))) return asked;
    return { ...asked, sent: 0, noticed: asked.sent + behind.ASK_AGAIN_SECONDS };
  }

  /** The relay says that the group is where this device is: what claims more is none of it. */
  async #nobodyIsThere(group: string): Promise<readonly ConversationEvent[]> {
    const { epoch } = await this.#state.groups.session(group);
    this.#outbox.obstacles.heads.delete(group);
    this.#state.delete(askedRow(group));
    let some = false;
    for (const one of await parked.waiting(this.#state, group)) {
      if (one.epoch <= epoch) continue;
      this.#state.delete(one.name);
      some = true;
    }
    this.#state.delete(crowdedRow(group));
    await later.forget(this.#state, group, (claimed) => claimed > epoch);
    if (!some) return [];
    const told = { clause: "E2E-3.5", reason: FALSE_EPOCH, asked_again: false };
    return [{ is: "MessageUnreadable", conversation: group, ...told }];
  }

  /** Only a member that we know takes us back, and into a later epoch. Throws `Forbidden` (DEV-9.4). */
  async checkTakenBack(group: string, { by, epoch }: Joined): Promise<void> {
    const { members } = await this.#state.conversation(group);
    const isKnown = by !== null && members.includes(actorOf(by));
    if (!isKnown || epoch <= (await this.#state.groups.session(group)).epoch) {
      throw new Forbidden("DEV-9.4", "who takes this device back is no member that it knows");
    }
  }

  /** The question that this item is, if it is one. */
  asks(item: ParkedRow): framing.PublicMessage | null {
    const message = framing.parseMessage(item.content);
    if (message.kind !== "publicMessage") return null;
    return message.content.sender.type === framing.NEW_MEMBER_PROPOSAL ? message : null;
  }

  /** Of somebody who asks again the former question waits no more. Throws `Refused`. */
  async makeRoom(group: string, item: ParkedRow): Promise<void> {
    const message = this.asks(item);
    const key = asker(message);
    if (message === null || key === null) return;
    await checkSignature(key, framing.authenticated(message), EMPTY);
    for (const one of await parked.waiting(this.#state, group)) {
      if (one.isWord) continue;
      const former = asker(this.asks(await this.#state.get(one.name, PARKED)));
      if (former !== null && equal(former, key)) this.#state.delete(one.name);
    }
  }

  /**
   * Somebody asks to be taken back. Throws `Forbidden` (DEV-9.3), `Unproven` (MLS-6.1e).
   */
  async asked(
    group: string,
    message: framing.PublicMessage,
  ): Promise<readonly ConversationEvent[]> {
    const session = await this.#state.groups.session(group);
    const { epoch, content } = message.content;
    if (epoch !== session.epoch) return []; // it was answered meanwhile, or will be asked again
    if (content.kind !== "proposal" || content.proposal.type !== "add") {
      throw new Forbidden("DEV-9.3", "who asks to be taken back proposes its own key package");
    }
    const { raw, leaf: wished } = content.proposal.keyPackage;
    const leaf = standing(session, wished.signatureKey, wished.credential.identity);
    if (leaf === null || leaf === session.ownLeaf) {
      throw new Forbidden("DEV-9.3", "who asks to be taken back has no leaf in the group");
    }
    await checkSignature(wished.signatureKey, framing.authenticated(message), EMPTY);
    if ((await stops.revoked(this.#state, group)).has(hex(wished.signatureKey))) {
      throw new Forbidden("DEV-9.3", "who asks to be taken back is on no list of its account");
    }
    const stale = session.group.tree.leaf(leaf);
    if (stale === null) throw new Broken("a member without a leaf");
    const readmit: Readmit = { type: "Readmit", package: raw, stale: stale.encryptionKey };
    const first = session.members().find((member) => member.leaf !== leaf);
    if (first?.leaf === session.ownLeaf) this.#outbox.owe(group, readmit);
    else behind.postpone(this.#state, group, readmit);
    return [];
  }
}

/** The signature key of who asks. */
function asker(message: framing.PublicMessage | null): Bytes | null {
  const content = message?.content.content;
  if (content?.kind !== "proposal" || content.proposal.type !== "add") return null;
  return content.proposal.keyPackage.leaf.signatureKey;
}

function standing(session: Session, key: Bytes, identity: Bytes): number | null {
  const found = session
    .members()
    .find((one) => equal(one.signatureKey, key) && equal(one.credential.identity, identity));
  return found?.leaf ?? null;
}

/** Whether what was sent is a question to be taken back. */
export function isQuestion(sent: Send): boolean {
  return sent.row.startsWith("asked/");
}
