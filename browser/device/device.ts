/**
 * Pure: one device, with all that can happen to it; every happening is one step (spec DEV-2).
 *
 * It says what is to be carried (`next`) and is told what came of it (`tell`); what the home node has
 * for it is pushed in (`receive`). State is in the vault before anything is handed out to be sent; whoever
 * asks while it is busy waits for their turn.
 */

import type { Refused } from "../errors.ts";
import type { Entropy } from "../mls/group.ts";
import { type Bytes, EMPTY, equal, text, utf8 } from "../wire/bytes.ts";
import { isAbsent } from "./absent.ts";
import { AccountKeys } from "./account_keys.ts";
import { type ComingBack, isQuestion } from "./coming_back.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import { DeviceArchive, type Turns } from "./device_archive.ts";
import { DeviceBehind } from "./device_behind.ts";
import { DeviceInbox } from "./device_inbox.ts";
import { DeviceKeys } from "./device_keys.ts";
import { DeviceOutbox } from "./device_outbox.ts";
import { DeviceRosters } from "./device_rosters.ts";
import { DeviceState } from "./device_state.ts";
import { DeviceTrust } from "./device_trust.ts";
import type { Errands } from "./errands.ts";
import type { Carried, Next, Outcome, Trouble } from "./exchange.ts";
import { between, newGroupId } from "./groups.ts";
import type { Intent } from "./intents.ts";
import type { Packages } from "./key_stock.ts";
import * as keyStock from "./key_stock.ts";
import { Leaves } from "./leaves.ts";
import { cameIntoAGroup } from "./lists.ts";
import { Pins } from "./pins.ts";
import type { Returns } from "./returns.ts";
import { isGroup } from "./roster_rows.ts";
import {
  asShown,
  type ConversationRow,
  conversationRow,
  handleRow,
  MESSAGE,
  type MessageRow,
  type OwedRow,
  type ParkedRow,
  type Rows,
} from "./rows.ts";
import { Said } from "./said.ts";
import { ownRow } from "./said_rows.ts";
import { DeviceSeat, type SeatAsked } from "./seat.ts";
import { keep, Untold } from "./untold.ts";
import { Words } from "./words.ts";

type Told = Promise<readonly ConversationEvent[]>;

/** One device of an actor. Conversations are named by group id in hex; times are Unix seconds or microseconds. */
export class Device {
  readonly actor: string;
  readonly archive: DeviceArchive;
  readonly behind: DeviceBehind;
  readonly keys: DeviceKeys;
  readonly trust: DeviceTrust;
  readonly words: Words;
  readonly untold: Untold;
  readonly rosters: DeviceRosters;
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;
  readonly #inbox: DeviceInbox;
  readonly #seat: DeviceSeat;
  readonly #back: ComingBack;
  readonly #errands: Errands;
  readonly #returns: Returns;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(state: DeviceState) {
    this.actor = state.actor;
    this.#state = state;
    const [keys, pins] = [new AccountKeys(state), new Pins(state)];
    const leaves = new Leaves(state, keys, pins);
    this.#outbox = new DeviceOutbox(state, leaves);
    const said = new Said(state, this.#outbox.archiving);
    this.#inbox = new DeviceInbox(state, this.#outbox, leaves, said);
    this.#seat = new DeviceSeat(state, this.#outbox);
    this.#back = this.#inbox.back;
    this.#errands = this.#inbox.errands;
    this.#returns = this.#inbox.returns;
    const turns: Turns = { inTurn: (work) => this.#inTurn(work), step: (work) => this.#step(work) };
    this.archive = new DeviceArchive(state, this.#outbox.archiving, said, turns);
    this.words = new Words(state, this.#outbox, said, (work) =>
      this.#step(async () => {
        await this.#seat.check();
        return work();
      }),
    );
    this.behind = new DeviceBehind(state, this.#back, turns);
    this.keys = new DeviceKeys(state, keys, pins, turns);
    this.trust = new DeviceTrust(state, leaves, pins, turns);
    this.untold = new Untold(state, turns);
    const check = () => this.#seat.check();
    this.rosters = new DeviceRosters(state, this.#outbox, this.trust, turns, check);
  }

  /** The device whose rows the vault holds, or a new one. */
  static async open(vault: Rows, entropy: Entropy, actor: string): Promise<Device> {
    return new Device(await DeviceState.open(vault, entropy, actor));
  }

  /** Do `work` when all that was asked before is done. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #step<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(() => this.#state.step(work));
  }

  /** A step of which something is told. */
  #toTell(work: () => Told): Told {
    return this.#step(async () => keep(this.#state, await work()));
  }

  /** The last mailbox item that is in our vault: all up to it may be acknowledged. */
  cursor(): Promise<number> {
    return this.#inTurn(() => this.#inbox.cursor());
  }

  /** All conversations, by group. */
  conversations(): Promise<ReadonlyMap<string, ConversationRow>> {
    return this.#inTurn(() => this.#state.conversations());
  }

  /** The conversations of just us and `actor`, first the one to answer in (E2E-5.8). */
  between(actor: string): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const every = await this.#state.conversations();
      const known = new Map([...every].filter(([group]) => !isGroup(this.#state, group)));
      return between(known, this.actor, actor, (group) => this.#history([group]));
    });
  }

  /** What was said there, in the order in which this device read or wrote it (DEV-1.4). */
  history(...groups: readonly string[]): Promise<readonly MessageRow[]> {
    return this.#inTurn(() => this.#history(groups));
  }

  async #history(groups: readonly string[]): Promise<readonly MessageRow[]> {
    const found: MessageRow[] = [];
    for (const group of groups) {
      for (const name of this.#state.names("message", group)) {
        found.push(await this.#state.get(name, MESSAGE));
      }
    }
    return found.sort(asShown);
  }

  /** What this device said under that id, as it stands now. */
  said(group: string, id: string): Promise<MessageRow> {
    return this.#inTurn(() => this.#state.get(ownRow(this.#state, group, id), MESSAGE));
  }

  /** All that is owed. */
  owed(): Promise<readonly OwedRow[]> {
    return this.#inTurn(async () => {
      const found: OwedRow[] = [];
      for (const group of this.#state.groupsWith("owed")) {
        found.push(...(await this.#outbox.owed(group)).map(({ row }) => row));
      }
      return found;
    });
  }

  /** The actors we talk with, by handle; so that nobody is asked who they are. */
  knownHandles(): Promise<ReadonlyMap<string, string>> {
    return this.#inTurn(async () => {
      const found = new Map<string, string>();
      for (const name of this.#state.names("handle")) {
        found.set(name.slice("handle/".length), text((await this.#state.read(name)) ?? EMPTY));
      }
      return found;
    });
  }

  /** Remember who `handle` is. */
  remember(handle: string, actor: string): Promise<void> {
    const [name, value] = [handleRow(handle), utf8(actor)];
    return this.#step(async () => {
      const known = await this.#state.read(name);
      if (known === null || !equal(known, value)) this.#state.write(name, value);
    });
  }

  /** Key packages to publish: their private halves are in the vault before they are. */
  newPackages(
    count: number,
    lastResort: boolean,
    now: number,
  ): Promise<readonly keyStock.Published[]> {
    return this.#step(() => keyStock.make(this.#state, count, lastResort, now));
  }

  /**
   * A new conversation with the devices whose key packages these are, by actor.
   *
   * Throws `Forbidden` (E2E-5.1, KEY-5.2) for a package that is not theirs.
   */
  start(packages: Packages, now: number): Promise<string> {
    return this.#step(async () => {
      await this.#seat.check();
      const add = await this.trust.adding(packages, now);
      const group_id = newGroupId(this.#state.entropy);
      const group = await this.#state.groups.found(group_id, now);
      const members = [...new Set([this.actor, ...Object.keys(packages)])].sort();
      const begun = { group_id, ref: "", url: "", members, created: now };
      const row: ConversationRow = { ...begun, left: false, joined: 0, grown: 0 };
      this.#state.put(conversationRow(group), row);
      cameIntoAGroup(this.#state);
      await this.#outbox.change(group, add, now);
      return group;
    });
  }

  /** Our words there that nobody has: they wait, or were returned. */
  waiting(...groups: readonly string[]): Promise<readonly MessageRow[]> {
    return this.#inTurn(async () => {
      const found: MessageRow[] = [];
      for (const group of groups) found.push(...(await this.#returns.waiting(group)));
      return found;
    });
  }

  /** Whether no device is left there that could read what is said (DEV-10). */
  isAbsent(group: string): Promise<boolean> {
    return this.#inTurn(() => isAbsent(this.#state, group));
  }

  /** Say in `group` what nobody could read in `groups`; how many words that are (DEV-10.4). */
  goOn(groups: Iterable<string>, group: string): Promise<number> {
    return this.#step(async () => {
      await this.#seat.check();
      return this.#returns.goOn(groups, group);
    });
  }

  #change(group: string, intent: Intent, now: number): Promise<void> {
    return this.#step(() => this.#outbox.change(group, intent, now));
  }

  /**
   * Take these devices in; `listed`: as a list says, which no person is told of (DEV-17).
   *
   * Throws as `start`, and `Conflict` (DEV-4.5) when all of them are in.
   */
  add(group: string, packages: Packages, now: number, listed = false): Promise<void> {
    const add = () => this.trust.adding(packages, now, listed);
    return this.#step(async () => this.#outbox.change(group, await add(), now));
  }

  /** Take actors out; of our own all other devices. Throws `Conflict` (DEV-4.5) when none is in. */
  remove(group: string, actors: Iterable<string>, now: number): Promise<void> {
    const sorted = [...new Set(actors)].sort();
    return this.#change(group, { type: "Remove", actors: sorted }, now);
  }

  /** Ask the others to take this device out; who is alone is out at once. Out of a group (E2E-8) its person goes
   * with all devices. */
  leave(group: string, now: number): Told {
    if (isGroup(this.#state, group)) return this.rosters.quit(group, now);
    return this.#step(async () => {
      if ((await this.#state.groups.session(group)).members().length > 1) {
        await this.#outbox.change(group, { type: "Leave" }, now);
        return [];
      }
      await this.#outbox.forget(group);
      return [{ is: "ConversationLeft", conversation: group, by: this.actor }];
    });
  }

  /** Commit what is pending, with fresh keys. */
  refresh(group: string, now: number): Promise<void> {
    return this.#change(group, { type: "Refresh" }, now);
  }

  /** Whether `next` has something else to say than `Wait`. */
  hasWork(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (((await this.#errands.next()) ?? (await this.#back.next())) !== null) return true;
      return this.#outbox.hasWork();
    });
  }

  /** What to do now; ask again once it is told. */
  next(now: number): Promise<Next> {
    return this.#inTurn(async () => {
      const first = (await this.#errands.next()) ?? (await this.#back.next());
      return first ?? this.#outbox.next(now);
    });
  }

  /** What came of what `next` said. */
  tell(asked: Carried, outcome: Outcome, now: number): Told {
    return this.#toTell(async () => {
      const isErrand = asked.is === "TellGone" || (asked.is === "Create" && asked.url !== "");
      if (isErrand) return this.#errands.outcome(asked, outcome);
      if (asked.is === "Send" && isQuestion(asked)) return this.#back.outcome(asked, outcome);
      const found = await this.#outbox.outcome(asked, outcome, now);
      if (asked.is !== "Send") return found;
      // Others went on with our commit before we were told that it counts.
      return [...found, ...(await this.#inbox.takeParked(asked.group, now))];
    });
  }

  /** Whether something was postponed. */
  get waits(): boolean {
    return this.#state.waits;
  }

  /** Whether there is something that a restart would forget (DEV-2.3, DEV-2.5). */
  get remembers(): boolean {
    return this.#state.waits || this.#outbox.obstacles.some;
  }

  /** Write what was postponed (DEV-2.5). */
  settle(): Promise<void> {
    return this.#step(async () => undefined);
  }

  /** What is in the way of a conversation, as far as it is known. */
  held(group: string): Promise<Trouble | null> {
    return this.#inTurn(() => this.#outbox.held(group));
  }

  /** Nothing goes out in a group until what this gives is called: it is asked whom words are for (DEV-16.1). */
  holdBack(group: string): () => void {
    return this.#outbox.obstacles.holdBack(group);
  }

  /** Try again what was held back. */
  retry(): Promise<void> {
    return this.#inTurn(async () => this.#outbox.obstacles.retry());
  }

  /**
   * Take in items of the mailbox, in their order; in the vault when this is done.
   *
   * A repeat is silence; what is wrong is told, not thrown. `incarnation`: of the node's database.
   */
  receive(items: readonly ParkedRow[], now: number, incarnation = ""): Told {
    return this.#toTell(() => this.#inbox.take(items, now, incarnation));
  }

  /** Time passed: what was missed, and what it was too soon to ask for, is asked for (DEV-5.6). */
  async askMissed(now: number): Promise<void> {
    if (this.#state.groupsWith("later").length)
      await this.#step(() => this.#inbox.repair.tend(now));
  }

  /** How many seconds until that is worth a try. */
  missedRest(now: number): Promise<number> {
    return this.#inTurn(() => this.#inbox.repair.rest(now));
  }

  /** Throws `Conflict` (ACC-4.4) for a vault that was left behind. */
  checkSeat(): Promise<void> {
    return this.#inTurn(() => this.#seat.check());
  }

  /** Whether another copy of this vault is the device (ACC-4.4). */
  frozen(): Promise<boolean> {
    return this.#inTurn(() => this.#seat.frozen());
  }

  /** Which seat to ask for; in the vault when this is done. */
  askSeat(): Promise<SeatAsked> {
    return this.#step(() => this.#seat.ask());
  }

  /** The node has given us this seat. */
  takeSeat(number: number, proof: Bytes): Promise<void> {
    return this.#step(async () => this.#seat.taken(number, proof));
  }

  /** Another copy of this vault is the device: what was not sent is told, history stays. */
  freeze(error: Refused): Told {
    return this.#toTell(() => this.#seat.freeze(error));
  }
}
