/**
 * Pure: what a device reads, and what it makes of it (spec DEV-5).
 *
 * What is wrong is told, not thrown. What comes before its commit or its Welcome waits; what comes after its keys are
 * gone is asked for again. All of it is inside a step; `Refused` is thrown before anything of it is changed.
 */

import { Forbidden, Missing, Refused } from "../errors.ts";
import { loaded } from "../loaded.ts";
import {
  type ApplicationMessage,
  type Committed,
  type Event,
  type Joined,
  type Member,
  OwnPackage,
  type Removed,
  type Step,
} from "../mls/group.ts";
import * as framing from "../mls/public/framing.ts";
import { EMPTY, hex, text, utf8 } from "../wire/bytes.ts";
import * as absent from "./absent.ts";
import * as behind from "./behind.ts";
import { ComingBack } from "./coming_back.ts";
import * as content from "./content.ts";
import type {
  ConversationCaughtUp,
  ConversationEvent,
  ConversationLeft,
  MessageUnreadable,
} from "./conversation_events.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import { Errands } from "./errands.ts";
import { actorOf, actorsOf } from "./groups.ts";
import * as later from "./later.ts";
import type { Leaves } from "./leaves.ts";
import { cameIntoAGroup } from "./lists.ts";
import * as parked from "./parked.ts";
import { Repair } from "./repair.ts";
import { isWord, Returns } from "./returns.ts";
import * as roster from "./roster.ts";
import { spoiltRow } from "./roster_rows.ts";
import * as rosters from "./rosters.ts";
import {
  askedRow,
  CONVERSATION,
  type ConversationRow,
  CURSOR,
  conversationRow,
  crowdedRow,
  INCARNATION,
  INCARNATION_ROW,
  messageRow,
  PACKAGE,
  PARKED,
  type ParkedRow,
  packageRow,
} from "./rows.ts";
import { type Said, unreadable } from "./said.ts";
import { messageOf } from "./said_rows.ts";
import * as unfetched from "./unfetched.ts";

type Told = Promise<readonly ConversationEvent[]>;
/** What waits may be read after these. */
const WENT_ON = /^(ConversationJoined|ConversationCaughtUp|MembersChanged)$/;

/** Takes in the items of the mailbox, in their order. */
export class DeviceInbox {
  readonly back: ComingBack;
  readonly returns: Returns;
  readonly errands: Errands;
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;
  readonly #leaves: Leaves;
  readonly repair: Repair;
  readonly #said: Said;

  constructor(state: DeviceState, outbox: DeviceOutbox, leaves: Leaves, said: Said) {
    this.#state = state;
    this.#said = said;
    this.#leaves = leaves;
    this.#outbox = outbox;
    this.repair = new Repair(state, outbox);
    this.back = new ComingBack(state, outbox);
    this.returns = new Returns(state, outbox);
    this.errands = new Errands(state, outbox);
  }

  /** The last mailbox item that is on our disk. */
  async cursor(): Promise<number> {
    const kept = await this.#state.read(CURSOR);
    return kept === null ? 0 : Number(text(kept));
  }

  /**
   * Take in items of the mailbox. A repeat is silence.
   *
   * Another `incarnation` than before: numbers begin anew, and items may come twice.
   */
  async take(items: readonly ParkedRow[], now: number, incarnation: string): Told {
    const found: ConversationEvent[] = [];
    if (incarnation) found.push(...(await this.#bornAgain(incarnation, now)));
    const before = await this.cursor();
    let cursor = before;
    for (const item of items) {
      if (item.seq <= cursor) continue;
      cursor = item.seq;
      found.push(...(await this.#take(item, now)));
    }
    if (cursor > before) this.#state.write(CURSOR, utf8(String(cursor)));
    return found;
  }

  async #bornAgain(incarnation: string, now: number): Told {
    const known = await this.#state.find(INCARNATION, INCARNATION_ROW);
    if (known?.name === incarnation) return [];
    const before = known === null ? 0 : await this.cursor();
    this.#state.put(INCARNATION, { name: incarnation, before });
    if (known === null) return [];
    this.#state.write(CURSOR, utf8("0"));
    await this.errands.restored();
    await this.back.restored();
    const { putAgain, sayAgain } = await loaded(import("./put_again.ts"));
    await putAgain(this.#state, this.#outbox.archiving, now);
    await sayAgain(this.#state, this.#outbox, now);
    return [{ is: "NodeRestored", conversation: "" }];
  }

  /** Whether it may be one that was read when the numbers were those of another life. */
  async #cameBefore(item: ParkedRow): Promise<boolean> {
    const known = await this.#state.find(INCARNATION, INCARNATION_ROW);
    return known !== null && item.seq <= known.before;
  }

  async #take(item: ParkedRow, now: number): Told {
    const found = await this.#openOrTell(item, now);
    const last = found.at(-1);
    if (!last || !WENT_ON.test(last.is)) return found;
    return [...found, ...(await this.takeParked(last.conversation, now))];
  }

  /** Take in what waited, as far as that goes: a commit may have waited behind its words. */
  async takeParked(group: string, now: number): Told {
    const found: ConversationEvent[] = [];
    const { groups } = this.#state;
    const epoch = async () => (groups.has(group) ? (await groups.session(group)).epoch : null);
    let wentOn = true;
    await parked.rename(this.#state, group); // not in the midst of them
    while (wentOn && this.#state.first("parked", group) !== null) {
      const before = await epoch();
      for (const one of await parked.waiting(this.#state, group)) {
        const here = await epoch();
        if (here !== null && one.epoch > here) break; // nor is anything behind it of an earlier one
        const item = await this.#state.find(one.name, PARKED);
        if (item === null) continue; // it went with what nobody follows (DEV-19.6)
        this.#state.delete(one.name);
        found.push(...(await this.#openOrTell(item, now)));
      }
      this.#state.delete(crowdedRow(group));
      const after = await epoch();
      wentOn = after !== null && after !== before;
    }
    await this.repair.askNow(group, now);
    return found;
  }

  async #openOrTell(item: ParkedRow, now: number): Told {
    try {
      return await this.#open(item, now);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const told = await this.#unreadable(item, error);
      return (await this.#cameBefore(item)) ? [] : [told];
    }
  }

  async #open(item: ParkedRow, now: number): Told {
    if (isWord(item)) return this.returns.take(await parked.groupOf(this.#state, item), item);
    const { wireFormat, groupId, epoch } = framing.header(item.content);
    if (wireFormat === framing.WELCOME) return this.#join(item, now);
    if (wireFormat === framing.GROUP_INFO) return [];
    const group = hex(groupId ?? EMPTY);
    const { groups } = this.#state;
    const row = await this.#state.find(conversationRow(group), CONVERSATION);
    if (row === null || row.left) return this.#park(group, item, row !== null);
    const session = await groups.session(group);
    const isAhead = (epoch ?? 0n) > session.epoch;
    if (isAhead) await this.back.makeRoom(group, item);
    if (isAhead) return this.#park(group, item, false);
    const question = this.back.asks(item);
    if (question !== null) return this.back.asked(group, question);
    const before = session.group;
    const step = await session.receive(item.content, now);
    try {
      await rosters.checkFollowed(before, step.value, step.session);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      groups.passOver(group);
      return this.#unfollowed(group, step.value, error);
    }
    if (step.value.kind === "Removed" && step.value.again) {
      groups.passOver(group);
      await behind.takenOut(this.#state, group, step.value.epoch, now);
      return [];
    }
    return this.#happened(group, groups.apply(group, step), item, now);
  }

  /** What the relay took, and nobody may follow: a commit ends the group (E2E-8.6). */
  async #unfollowed(group: string, event: Event, error: Refused): Told {
    if (event.kind !== "Committed" && event.kind !== "Removed") throw error;
    const spoilt = await rosters.spoil(this.#state, group, event, error);
    const told = [...(await this.#outbox.giveUp(group, error)), spoilt];
    await this.errands.left(group, [this.#state.actor]);
    return told;
  }

  /**
   * It came before its commit or its Welcome: keep it until that is here.
   *
   * `quietly` of a group that this device is out of: it may be asked in again, or never.
   */
  async #park(group: string, item: ParkedRow, quietly: boolean): Told {
    if (this.#state.has(spoiltRow(group))) return []; // of what nobody follows
    const again = await this.#cameBefore(item);
    const crowded = await parked.keep(this.#state, group, item, again);
    if (crowded === null || parked.wasTold(this.#state, group, crowded)) return [];
    const asked_again = await this.repair.ask(group, crowded, true);
    if (quietly || (await this.#cameBefore(crowded))) return [];
    const conversation = this.#state.groups.has(group)
      ? group
      : await parked.groupOf(this.#state, item);
    const why = { clause: "E2E-5.4", reason: parked.CROWDED };
    return [{ is: "MessageUnreadable", conversation, ...why, asked_again }];
  }

  /** Tell of it; what was missed is asked for again, in the same step (E2E-5.9). */
  async #unreadable(item: ParkedRow, error: Refused): Promise<MessageUnreadable> {
    const group = await this.repair.missed(item, error);
    const asked_again = group !== "" && (await this.repair.ask(group, item));
    const conversation = group || (await parked.groupOf(this.#state, item));
    const { clause, reason } = error;
    return { is: "MessageUnreadable", conversation, clause, reason, asked_again };
  }

  async #join(item: ParkedRow, now: number): Told {
    const body = framing.parseMessage(item.content);
    const entries = body.kind === "welcome" ? body.secrets : [];
    const named = entries.map((entry) => packageRow(entry.newMember));
    const name = named.find((one) => this.#state.has(one));
    if (name === undefined) {
      throw new Missing("E2E-5.4", "a Welcome for none of our key packages");
    }
    const row = await this.#state.get(name, PACKAGE);
    const { groups } = this.#state;
    const step = await groups.join(item.content, await OwnPackage.load(row.package));
    const group = hex(step.value.groupId);
    const by = step.value.by === null ? "" : actorOf(step.value.by);
    const shape = await rosters.checkJoined(this.#state, step.session, step.value.by);
    if (groups.has(group)) {
      await this.back.checkTakenBack(group, step.value);
      // Its commit is still to come, and says whether it is true (DEV-9.8).
      if (!this.#state.has(askedRow(group))) return [];
      const keyOf = ({ signatureKey }: Member) => hex(signatureKey);
      const stood = new Set((await groups.session(group)).members().map(keyOf));
      const told = await this.#takenBack(group, step, item);
      // To who is taken back those are new that did not stand before.
      const all = (await groups.session(group)).members();
      const came = all.filter((member) => !stood.has(keyOf(member)));
      const shaped = shape && (await rosters.entered(this.#state, group, shape, by, now));
      return [...(await this.#leaves.look(group, now, came)), ...(shaped ?? []), told];
    }
    const joined = groups.apply(group, step);
    if (!row.last_resort) this.#state.delete(name);
    await parked.forgetBefore(this.#state, group, joined.epoch);
    await later.forget(this.#state, group, (epoch) => epoch < joined.epoch);
    const there = actorsOf((await groups.session(group)).members());
    const members = shape === null ? there : roster.actorsOf(shape).toSorted();
    if (shape !== null) await rosters.joined(this.#state, group, shape, by, now);
    const { ref, url } = item;
    const begun = { group_id: joined.groupId, ref, url, members, created: now };
    const since = { joined: Number(joined.epoch), grown: Number(joined.epoch) };
    const conversation: ConversationRow = { ...begun, left: false, ...since };
    this.#state.put(conversationRow(group), conversation);
    await this.errands.came(group, [this.#state.actor, ...members]);
    cameIntoAGroup(this.#state);
    // To who joins all leaves are new.
    const doubts = await this.#leaves.look(group, now, (await groups.session(group)).members());
    return [...doubts, { is: "ConversationJoined", conversation: group, by, members }];
  }

  /** Others took this device back (DEV-9.4); what it could not read is asked for again. */
  async #takenBack(
    group: string,
    step: Step<Joined>,
    { ref, url }: ParkedRow,
  ): Promise<ConversationCaughtUp> {
    const { groups } = this.#state;
    const row = await this.#state.conversation(group);
    const { epoch } = step.value;
    groups.forget(group);
    await this.#outbox.takenBack(group);
    groups.apply(group, step);
    const session = await groups.session(group);
    const shape = rosters.here(session);
    const members = shape ? roster.actorsOf(shape).toSorted() : actorsOf(session.members());
    const hasGrown = members.some((actor) => !row.members.includes(actor));
    const grown = hasGrown ? Number(epoch) : row.grown;
    this.#state.put(conversationRow(group), { ...row, ref, url, members, grown });
    // Nothing tells whether somebody put them out meanwhile: a person takes them in again.
    const absents = absent.of(this.#state, group).filter((actor) => !members.includes(actor));
    absent.forget(this.#state, group, absents);
    let asked_again = 0;
    for (const missed of await parked.missed(this.#state, group, row.joined, epoch)) {
      if (await this.repair.ask(group, missed)) asked_again += 1;
    }
    await parked.forgetBefore(this.#state, group, epoch);
    return { is: "ConversationCaughtUp", conversation: group, asked_again };
  }

  async #happened(group: string, event: Event, item: ParkedRow, now: number): Told {
    switch (event.kind) {
      case "ApplicationMessage":
        return this.#read(group, event, item);
      case "Committed":
        return this.#entered(group, event, now);
      case "Removed":
        return [await this.#left(group, event, now)];
      case "Proposed":
        if (event.proposal.type === "remove")
          await rosters.commitIfOurs(this.#state, this.#outbox, group);
        return [];
    }
  }

  /** Another's commit: our node was not told whom it took out. */
  async #entered(group: string, event: Committed, now: number): Told {
    const { changed, doubts } = await this.#outbox.entered(group, event, now);
    const session = await this.#state.groups.session(group);
    if (rosters.going(session).size) await rosters.commitIfOurs(this.#state, this.#outbox, group);
    const present = actorsOf(session.members());
    await this.errands.came(group, present);
    const gone = actorsOf(event.removed).filter((actor) => !present.includes(actor));
    await this.errands.left(group, gone);
    return [...doubts, changed];
  }

  async #read(group: string, event: ApplicationMessage, item: ParkedRow): Told {
    const actor = actorOf(event.sender);
    const session = await this.#state.groups.session(group);
    if (event.epoch === session.epoch && rosters.going(session).has(event.sender.leaf)) {
      // The ratchet has moved all the same: the key was used.
      return [unreadable(group, new Forbidden("E2E-8.5", rosters.IS_OUT))];
    }
    let said: content.Content;
    try {
      said = content.read(event.data);
    } catch (error) {
      return [unreadable(group, error)]; // the ratchet has moved all the same: the key was used
    }
    const told = await this.returns.heard(group, actor);
    if (said.kind === content.FAILURE) {
      return [...told, ...(await this.repair.mend(group, said.about))];
    }
    const { id, kind } = said;
    if (content.isQuiet(kind)) return told;
    const { at } = item;
    if (content.isAct(kind)) return [...told, ...(await this.#said.heard(group, event, said, at))];
    const name = messageRow(group, actor, id);
    if (this.#state.has(name)) return told;
    const row = await this.#said.meet(group, messageOf(said, actor, at, this.#state.number()));
    if (row === null) return told; // it was taken back
    this.#state.put(name, row);
    await this.#outbox.archiving.heard(group, event, row);
    const received = { conversation: group, id, actor, text: row.text, kind, at };
    const came = await this.#said.came(group, id, at);
    return [...told, { is: "MessageReceived", ...received }, ...came];
  }

  async #left(group: string, event: Removed, now: number): Promise<ConversationLeft> {
    const row = await this.#state.conversation(group);
    this.#state.put(conversationRow(group), { ...row, left: true });
    const wished = await this.#outbox.ended(group);
    unfetched.forget(this.#state, group, row.members);
    await this.errands.left(group, [this.#state.actor]);
    const by = event.by === null ? "" : actorOf(event.by);
    await rosters.left(this.#state, group, by, now, roster.rosterOf(event.extensions));
    const who = wished ? this.#state.actor : by;
    return { is: "ConversationLeft", conversation: group, by: who };
  }
}
