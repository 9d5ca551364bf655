/** Pure: what a device's person makes of groups, each deed a step (spec E2E-8, DEV-19). */

import { Missing } from "../errors.ts";
import { parseKeyPackage } from "../mls/group.ts";
import type { Bytes } from "../wire/bytes.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { Turns } from "./device_archive.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import type { DeviceTrust } from "./device_trust.ts";
import { newGroupId } from "./groups.ts";
import type { Intent } from "./intents.ts";
import type { Packages } from "./key_stock.ts";
import { cameIntoAGroup } from "./lists.ts";
import type { Role } from "./roles.ts";
import type { Roster } from "./roster.ts";
import * as roster from "./roster.ts";
import * as rosterRows from "./roster_rows.ts";
import * as rosters from "./rosters.ts";
import { CLIENT, type ConversationRow, conversationRow } from "./rows.ts";
import * as takingPart from "./taking_part.ts";

const NO_GROUP = "that conversation has no people to add, no roles and no name: begin a group";

/** Whether the device of that key package can be in a group (DEV-19.1). */
export function knowsGroups(keyPackage: Bytes): boolean {
  return parseKeyPackage(keyPackage).leaf.capabilities.extensions.includes(roster.EXTENSION);
}

/**
 * The groups of one device. Each deed throws `Forbidden` (E2E-8.3) without the right to it, before anything is
 * owed, and `Conflict` (ACC-4.4) for a vault that was left behind.
 */
export class DeviceRosters {
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;
  readonly #trust: DeviceTrust;
  readonly #turns: Turns;
  readonly #check: () => Promise<void>;

  constructor(
    state: DeviceState,
    outbox: DeviceOutbox,
    trust: DeviceTrust,
    turns: Turns,
    check: () => Promise<void>,
  ) {
    this.#state = state;
    this.#outbox = outbox;
    this.#trust = trust;
    this.#turns = turns;
    this.#check = check;
  }

  /** New leaves say that this device knows groups (DEV-19.1); whether that is news. */
  learn(): Promise<boolean> {
    return this.#turns.step(async () => {
      const { groups } = this.#state;
      const able = groups.me.supporting(roster.EXTENSION);
      if (able === groups.me) return false;
      this.#state.write(CLIENT, able.dump());
      groups.me = able;
      return true;
    });
  }

  /** The group as this device saw it last; null of a conversation that is none. */
  of(group: string): Promise<Roster | null> {
    return this.#turns.inTurn(() => rosterRows.known(this.#state, group));
  }

  /** The groups that this device is or was in. */
  all(): Promise<ReadonlySet<string>> {
    const names = () => this.#state.names("roster").map((name) => name.slice("roster/".length));
    return this.#turns.inTurn(async () => new Set(names()));
  }

  /** What happened to groups, the oldest first. */
  lines(...groups: readonly string[]): Promise<readonly rosterRows.LineRow[]> {
    return this.#turns.inTurn(() => rosterRows.lines(this.#state, ...groups));
  }

  /** Who ended a group, and how (E2E-8.6). */
  spoilt(group: string): Promise<rosterRows.SpoiltRow | null> {
    const name = rosterRows.spoiltRow(group);
    return this.#turns.inTurn(() => this.#state.find(name, rosterRows.SPOILT));
  }

  // -- what a person does -------------------------------------------------------------------------

  /**
   * A new group, with us as its owner. Throws `Malformed`, `TooMuch` (E2E-8.1, E2E-8.2), and as
   * `Device.start`.
   */
  start(name: string, packages: Packages, now: number): Promise<string> {
    return this.#turns.step(async () => {
      await this.#check();
      const add = await this.#trust.adding(packages, now);
      const me = this.#state.actor;
      const members = Object.keys(packages).map((actor) => [actor, "member" as Role] as const);
      const people = { ...Object.fromEntries(members), [me]: "owner" as const };
      const made: Roster = { name, people };
      roster.check(made);
      roster.checkDevices(made, 1 + Object.values(packages).flat().length);
      const group_id = newGroupId(this.#state.entropy);
      const extensions = [roster.extension(made)];
      const group = await this.#state.groups.found(group_id, now, extensions);
      const all = Object.keys(people).sort();
      const begun = { group_id, ref: "", url: "", members: all, created: now };
      const row: ConversationRow = { ...begun, left: false, joined: 0, grown: 0 };
      this.#state.put(conversationRow(group), row);
      rosterRows.keepLine(this.#state, group, rosters.NOTHING, made, me, now);
      rosterRows.keep(this.#state, group, made);
      cameIntoAGroup(this.#state);
      await this.#outbox.change(group, add, now);
      return group;
    });
  }

  /** Before anybody is asked for key packages. Throws `Forbidden` (E2E-8.3), `TooMuch`. */
  checkAdd(group: string, actors: readonly string[]): Promise<void> {
    return this.#turns.inTurn(() => this.#checkAdd(group, actors));
  }

  async #checkAdd(group: string, actors: readonly string[]): Promise<void> {
    const before = await this.#mine(group);
    const came = actors.filter((actor) => !roster.rankIn(before, actor));
    const members = came.map((actor) => [actor, "member" as Role] as const);
    const after = {
      name: before.name,
      people: { ...before.people, ...Object.fromEntries(members) },
    };
    roster.checkChange(before, after, this.#state.actor);
    roster.check(after);
  }

  /** Take people in with these devices of theirs. */
  add(group: string, packages: Packages, now: number): Promise<void> {
    return this.#turns.step(async () => {
      const add = await this.#trust.adding(packages, now);
      await this.#checkAdd(group, Object.keys(packages));
      await this.#outbox.change(group, add, now);
    });
  }

  /** Take people out. Throws `Conflict` (DEV-4.5) where none of them is in it. */
  remove(group: string, actors: Iterable<string>, now: number): Promise<void> {
    const others = [...new Set(actors)].filter((actor) => actor !== this.#state.actor).sort();
    return this.#change(group, { type: "Remove", actors: others }, now);
  }

  /** Give the group another name. */
  async rename(group: string, name: string, now: number): Promise<void> {
    roster.checkName(name);
    await this.#change(group, { type: "Rename", name }, now);
  }

  /** Give somebody another role. Throws `Missing` (E2E-8.2) for who is not in it. */
  appoint(group: string, actor: string, role: Role, now: number): Promise<void> {
    return this.#turns.step(async () => {
      if (!roster.rankIn(await this.#mine(group), actor)) {
        throw new Missing("E2E-8.2", `${actor} is not in this group`);
      }
      await this.#changed(group, { type: "Appoint", actor, role }, now);
    });
  }

  /**
   * Be in the group no more, with all our devices. Throws `Malformed` (E2E-8.1) for the last owner while
   * others are there.
   */
  quit(group: string, now: number): Promise<readonly ConversationEvent[]> {
    return this.#turns.step(async () => {
      const before = await this.#mine(group);
      const session = await this.#state.groups.session(group);
      const isAlone = roster.actorsOf(before).length === 1 && session.members().length === 1;
      if (isAlone) return [await takingPart.quit(this.#state, group, now)];
      await this.#changed(group, { type: "Quit" }, now);
      return [];
    });
  }

  async #mine(group: string): Promise<Roster> {
    const found = rosters.here(await this.#state.groups.session(group));
    if (found === null) throw new Missing("E2E-8.2", NO_GROUP);
    return found;
  }

  #change(group: string, intent: Intent, now: number): Promise<void> {
    return this.#turns.step(() => this.#changed(group, intent, now));
  }

  async #changed(group: string, intent: Intent, now: number): Promise<void> {
    await this.#check();
    rosters.check(await this.#mine(group), intent, this.#state.actor);
    await this.#outbox.change(group, intent, now);
  }
}
