/**
 * Pure: what a device owes its groups, and in which order it goes out (spec DEV-3, DEV-4).
 *
 * `next` answers what to do now, `outcome` takes what became of it. What is in the way of a group is
 * remembered for as long as the device runs, and only holds that group back.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { Broken, Conflict, Missing, Refused, Unreachable } from "../errors.ts";
import type { Committed } from "../mls/group.ts";
import { header } from "../mls/public/framing.ts";
import { equal } from "../wire/bytes.ts";
import * as absent from "./absent.ts";
import { Archiving } from "./archiving.ts";
import * as behind from "./behind.ts";
import type { ConversationEvent, MembersChanged } from "./conversation_events.ts";
import * as declined from "./declined.ts";
import type { DeviceState } from "./device_state.ts";
import type { Carried, Create, Next, Outcome, Send, Tell, Trouble } from "./exchange.ts";
import { firstOwed, maySend, owedTo, rests, toSend } from "./first_owed.ts";
import * as home from "./home.ts";
import type { Intent } from "./intents.ts";
import { declinedRow } from "./key_rows.ts";
import type { Leaves } from "./leaves.ts";
import { cameIntoAGroup } from "./lists.ts";
import { MessageMaker, type Named } from "./message_maker.ts";
import { Obstacles } from "./obstacles.ts";
import * as rosterRows from "./roster_rows.ts";
import {
  askedRow,
  conversationRow,
  invitedRow,
  MESSAGE,
  type MessageRow,
  messageRow,
  OWED,
  type OwedRow,
  owedRow,
  unmade,
} from "./rows.ts";
import { isStaged, unmake, unstage } from "./staged.ts";
import * as stops from "./stops.ts";
import * as takingPart from "./taking_part.ts";
import { undone } from "./undone.ts";
import { keep } from "./untold.ts";

type Told = Promise<readonly ConversationEvent[]>;
/** What a commit changed, and what is told of leaves. */
export interface Entered {
  readonly changed: MembersChanged;
  readonly doubts: readonly ConversationEvent[];
}

/** The rows of intent, in their order: per group, what is made goes before what is not. */
export class DeviceOutbox {
  readonly maker: MessageMaker;
  readonly archiving: Archiving;
  readonly obstacles = new Obstacles();
  readonly #state: DeviceState;
  readonly #judging: Leaves;

  constructor(state: DeviceState, leaves: Leaves) {
    this.#state = state;
    this.#judging = leaves;
    this.maker = new MessageMaker(state);
    this.archiving = new Archiving(state);
  }

  /** What is owed to one group, in the order in which it was meant. */
  owed(group: string): Promise<readonly Named<OwedRow>[]> {
    return owedTo(this.#state, group);
  }

  /** Mean to do something, when its turn has come. */
  owe(group: string, intent: Intent): void {
    this.#owe(unmade(group, intent));
  }

  #owe(owed: OwedRow): void {
    this.#state.put(owedRow(owed.group, this.#state.number()), owed);
  }

  /**
   * Owe words, of that `row` where they are no message; sealed at once, unless something has to go out before them, or
   * when their turn comes (`later`).
   * Throws `TooMuch` (E2E-5.3), `Missing` (E2E-5.6) for a conversation that this device leaves.
   */
  async say(group: string, message: MessageRow, later: boolean, row = ""): Promise<void> {
    const name = row || messageRow(group, message.actor, message.id);
    if (await this.#leaves(group)) {
      throw new Missing("E2E-5.6", "this device is leaving that conversation");
    }
    const postponed = await behind.takePostponed(this.#state, this.maker, group);
    for (const readmission of postponed) this.#owe(readmission);
    const owed = unmade(group, { type: "Say", message: name });
    if (later || (await this.#waits(group))) {
      this.maker.checkLength(message);
      this.#state.put(name, message);
      this.#owe(owed);
    } else {
      this.#owe(await this.maker.seal(owed, name, message));
    }
  }

  /**
   * Owe anything else; made at once, unless something has to go out before it.
   *
   * Throws `Conflict` (DEV-4.5) when it is so already.
   */
  async change(group: string, intent: Intent, now: number): Promise<void> {
    const owed = unmade(group, intent);
    const isUnderWay = async () => (await this.#state.groups.session(group)).staged !== null;
    if ((await this.#unmade(group)) || (await isUnderWay())) {
      this.#owe(owed);
    } else if (intent.type !== "Refresh" && (await this.maker.isMoot(owed))) {
      throw new Conflict("DEV-4.5", "there is nothing to do: the conversation is like that");
    } else {
      this.#owe(await this.maker.make(owed, now));
    }
  }

  async #last(group: string): Promise<OwedRow | null> {
    const last = this.#state.last("owed", group);
    return last === null ? null : this.#state.get(last, OWED);
  }

  /** Whether this device means to leave; nothing is owed after that. */
  async #leaves(group: string): Promise<boolean> {
    const type = (await this.#last(group))?.intent.type;
    return type === "Leave" || type === "Quit";
  }

  async #waits(group: string): Promise<boolean> {
    const { staged } = await this.#state.groups.session(group);
    if (staged !== null || (await rests(this.#state, group))) return true;
    return (await this.maker.mustCommit(group)) || (await this.#unmade(group));
  }

  /** Whether something waits to be made: what is made stands before it, but for a commit. */
  async #unmade(group: string): Promise<boolean> {
    return (await this.#last(group))?.content.length === 0;
  }

  /** What to do now. Where a message has to be made for that, it is on disk already. */
  async next(now: number): Promise<Next> {
    if (this.obstacles.isBehind) return { is: "Fetch" };
    for (const group of await this.#readyGroups()) {
      const found = await this.#nextOf(group, now);
      if (found !== null) return found;
    }
    return { is: "Wait", reason: this.obstacles.firstOf(this.#state.groupsWith("owed")) };
  }

  /** Whether there is something to do that nothing is known to be in the way of. */
  async hasWork(): Promise<boolean> {
    for (const group of await this.#readyGroups()) {
      if ((await firstOwed(this.#state, group))?.row.proposed === false) return true;
    }
    return false;
  }

  /** What is in the way of one group. */
  async held(group: string): Promise<Trouble | null> {
    const found = this.obstacles.of(group);
    if (found !== null) return found;
    if (await behind.isBehind(this.#state, group)) return behind.catchingUp(this.#state, group);
    const stopped = await stops.why(this.#state, group);
    if (stopped !== null) return stopped;
    const isGone = await absent.isAbsent(this.#state, group);
    return isGone ? absent.nobodyThere(this.#state, group) : null;
  }

  async #readyGroups(): Promise<readonly string[]> {
    // The number of the first thing that is owed to a group.
    const since = (group: string) => this.#state.first("owed", group)?.split("/").at(-1) ?? "";
    const groups: string[] = [];
    for (const group of this.#state.groupsWith("owed")) {
      if (this.obstacles.isFree(group) && (await maySend(this.#state, group))) groups.push(group);
    }
    return groups.toSorted((a, b) => (since(a) < since(b) ? -1 : since(a) > since(b) ? 1 : 0));
  }

  async #nextOf(group: string, now: number): Promise<Next | null> {
    for (;;) {
      const first = await firstOwed(this.#state, group);
      if (first === null || first.row.proposed) return null;
      if (first.row.content.length) return toSend(this.#state, first);
      const told = await this.#make(first, now);
      if (told !== null) return told;
    }
  }

  /** Make the message of what is owed, or the commit that has to go before it. */
  async #make({ name, row: owed }: Named<OwedRow>, now: number): Promise<Tell | null> {
    try {
      return await this.#state.step(async () => {
        if (await this.maker.isMoot(owed)) return this.#letGo(name, owed);
        if (owed.intent.type === "Say" && (await this.maker.mustCommit(owed.group))) {
          this.#owe(await this.maker.make(unmade(owed.group, { type: "Refresh" }), now));
        } else {
          this.#state.put(name, await this.maker.make(owed, now));
        }
        return null;
      });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const drop = async () => keep(this.#state, await this.#drop(name, owed, error, now));
      const events = await this.#state.step(drop);
      return { is: "Tell", events, error };
    }
  }

  /** There is nothing left to do; a wish that others fulfilled is told. */
  async #letGo(name: string, owed: OwedRow): Promise<Tell | null> {
    this.#state.delete(name);
    const error = new Conflict("DEV-4.5", "somebody else did it first");
    const events = keep(this.#state, await undone(this.#state, owed, error));
    return events.length ? { is: "Tell", events, error } : null;
  }

  /** Take in what came of `asked`. */
  async outcome(asked: Carried, outcome: Outcome, now: number): Told {
    if (this.obstacles.takes(asked, outcome)) return [];
    if (asked.is === "Fetch") {
      this.obstacles.caughtUp();
    } else if (asked.is === "TellGone") {
      throw new Broken("that is an errand");
    } else if (outcome instanceof Refused) {
      if (await home.nodeForgot(this.#state, this.obstacles, asked.group, outcome)) return [];
      const owed = await this.#state.find(asked.row, OWED);
      return owed === null ? [] : this.#drop(asked.row, owed, outcome, now);
    } else if (!(outcome instanceof Unreachable)) {
      return this.#came(asked, outcome, now);
    }
    return [];
  }

  async #came(asked: Send | Create, outcome: Exclude<Outcome, Trouble>, now: number): Told {
    if (asked.is === "Create") {
      if (outcome.is === "Created") await home.knownAs(this.#state, asked.group, outcome);
      return [];
    }
    if (outcome.is === "Accepted") return this.#accepted(asked, now);
    if (outcome.is === "LostRace") await this.#lost(asked, outcome.epoch);
    return [];
  }

  async #accepted(sent: Send, now: number): Told {
    const owed = await this.#state.find(sent.row, OWED);
    if (owed === null || !equal(owed.content, sent.content)) return [];
    if (owed.intent.type === "Leave") {
      this.#state.put(sent.row, { ...owed, proposed: true });
      return [];
    }
    this.#state.delete(sent.row);
    if (owed.intent.type !== "Say") return this.#merge(owed, now);
    const message = await this.#state.get(owed.intent.message, MESSAGE);
    this.#state.put(owed.intent.message, { ...message, sent: true });
    await this.archiving.said(sent.group, message);
    // Else each message would be written twice; after a kill it is the same bytes again.
    this.#state.postpone();
    return [];
  }

  /** Our commit is in force. */
  async #merge(owed: OwedRow, now: number): Told {
    if (!(await isStaged(this.#state, owed))) return [];
    const { groups } = this.#state;
    const session = await groups.session(owed.group);
    const event = groups.apply(owed.group, await session.merge(now));
    for (const { content, to } of owed.welcomes) {
      this.#state.put(invitedRow(owed.group, sha256(content)), { actors: to });
    }
    if (owed.intent.type === "Quit") return [await takingPart.quit(this.#state, owed.group, now)];
    const wished = owed.intent.type === "Remove" ? owed.intent.actors : [];
    const { changed, doubts } = await this.entered(owed.group, event, now, wished);
    const began = event.epoch === 1n && event.added.length > 0;
    const isNews = !began && (changed.added.length || changed.removed.length);
    return isNews ? [...doubts, changed] : doubts;
  }

  /** Another's commit came first: it made all that is made in this group too old. */
  async #lost(sent: Send, epoch: number): Promise<void> {
    await this.#unmakeAll(sent.group);
    const isHere = (await this.#epoch(sent.group)) !== header(sent.content).epoch;
    this.obstacles.lostRace(sent.group, epoch, isHere);
  }

  async #unmakeAll(group: string): Promise<void> {
    for (const owed of await this.owed(group)) {
      if (owed.row.content.length) await unmake(this.#state, owed);
    }
  }

  async #epoch(group: string): Promise<bigint | null> {
    const { groups } = this.#state;
    return groups.has(group) ? (await groups.session(group)).epoch : null;
  }

  /**
   * It will never be taken; nor will words that a commit had to come before.
   *
   * A conversation that never began is forgotten too, or the next words would go to nobody.
   */
  async #drop(name: string, owed: OwedRow, error: Refused, now: number) {
    await unstage(this.#state, owed);
    const neverBegan = (await this.#epoch(owed.group)) === 0n;
    const isAll = neverBegan || owed.intent.type === "Refresh";
    const found: ConversationEvent[] = [];
    for (const one of isAll ? await this.owed(owed.group) : [{ name, row: owed }]) {
      this.#state.delete(one.name);
      found.push(...(await undone(this.#state, one.row, error)));
      if (!neverBegan) await declined.refused(this.#state, one.row, now);
    }
    if (neverBegan) {
      this.#state.groups.forget(owed.group);
      rosterRows.forget(this.#state, owed.group);
      this.#state.delete(conversationRow(owed.group));
    }
    return found;
  }

  /** This device can speak there no more: keys go, history stays, what is owed is told. */
  async giveUp(group: string, error: Refused): Told {
    const found: ConversationEvent[] = [];
    for (const { row } of await this.owed(group))
      found.push(...(await undone(this.#state, row, error)));
    await this.forget(group);
    return found;
  }

  /** Be out of a group: its keys go, and what is owed. */
  async forget(group: string): Promise<void> {
    await takingPart.forget(this.#state, group);
  }

  /** The group is in another epoch: who is in it now, what has to be made anew, who is not spoken to.
   * `wished`: whom our person put out by it. */
  async entered(
    group: string,
    event: Committed,
    now: number,
    wished: readonly string[] = [],
  ): Promise<Entered> {
    const { changed, shaped } = await takingPart.entered(this.#state, group, event, now, wished);
    for (const owed of await this.owed(group)) {
      // A commit or a proposal of the epoch before is void; words may have been accepted.
      if (owed.row.content.length && owed.row.intent.type !== "Say")
        await unmake(this.#state, owed);
    }
    await this.#goOn(group);
    for (const { signatureKey } of event.added)
      this.#state.delete(declinedRow(group, signatureKey));
    const doubts = await this.#judging.look(group, now, event.added);
    return { changed, doubts: [...shaped, ...doubts] };
  }

  async #goOn(group: string): Promise<void> {
    this.obstacles.commitCame(group);
    await behind.caughtUp(this.#state, group);
  }

  /** This device begins anew in the group: what was made in its old epoch is made again. */
  async takenBack(group: string): Promise<void> {
    await this.#unmakeAll(group);
    await this.#goOn(group);
    declined.forget(this.#state, group);
    cameIntoAGroup(this.#state);
  }

  /** This device is out of the group. Whether it had wished so. */
  async ended(group: string): Promise<boolean> {
    const owed = await this.owed(group);
    const wished = owed.filter(({ row }) => row.intent.type === "Leave");
    for (const { name } of wished) this.#state.delete(name);
    this.#state.delete(askedRow(group));
    declined.forget(this.#state, group);
    this.obstacles.forget(group);
    return wished.length > 0;
  }
}
