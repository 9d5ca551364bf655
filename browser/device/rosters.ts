/**
 * Pure: what a device makes of a group's roster: wishes become commits, commits become lines (spec E2E-8).
 *
 * All of it happens inside a step of the device's state.
 */

import { Conflict, Forbidden, type Refused } from "../errors.ts";
import type { Committed, Event, Session } from "../mls/group.ts";
import type { Extensions } from "../mls/public/extensions.ts";
import { hex } from "../wire/bytes.ts";
import type { GroupChanged, GroupSpoilt } from "./conversation_events.ts";
import type { DeviceState } from "./device_state.ts";
import { actorOf, actorsOf } from "./groups.ts";
import type { Intent } from "./intents.ts";
import * as roster from "./roster.ts";
import { type Roster, rankIn, rosterOf } from "./roster.ts";
import * as rosterRows from "./roster_rows.ts";

export const NOTHING: Roster = { name: "", people: {} };
const MOOT = "there is nothing to do: the group is like that";

/** The roster of a group, as all in its epoch have it; null of a conversation without one. */
export function here(session: Session): Roster | null {
  return rosterOf(session.group.context.extensions);
}

/** The leaves of who is in the group no more (E2E-8.5). */
export function going(session: Session): ReadonlySet<number> {
  const shape = here(session);
  const strangers = session.members().filter((one) => shape && !rankIn(shape, actorOf(one)));
  return new Set(strangers.map(({ leaf }) => leaf));
}

// -- what we mean to do -------------------------------------------------------------------------

function without({ name, people }: Roster, actors: readonly string[]): Roster {
  const left = Object.entries(people).filter(([actor]) => !actors.includes(actor));
  return { name, people: Object.fromEntries(left) };
}

function shaped(before: Roster, intent: Intent, me: string): Roster {
  const { name, people } = before;
  switch (intent.type) {
    case "Add": {
      if (intent.listed) return before;
      const came = Object.keys(intent.packages).filter((actor) => !rankIn(before, actor));
      const members = came.map((actor) => [actor, "member"] as const);
      return { name, people: { ...people, ...Object.fromEntries(members) } };
    }
    case "Remove":
      return without(
        before,
        intent.actors.filter((actor) => actor !== me),
      );
    case "Rename":
      return { name: intent.name, people };
    case "Appoint":
      if (!rankIn(before, intent.actor)) return before;
      return { name, people: { ...people, [intent.actor]: intent.role } };
    case "Quit":
      return roster.actorsOf(before).every((actor) => actor === me)
        ? before
        : without(before, [me]);
    default:
      return before;
  }
}

/** What it makes of the roster. Throws `Refused` (E2E-8.1 to E2E-8.3) what is not ours to do. */
export function wished(before: Roster, intent: Intent, me: string): Roster {
  const after = shaped(before, intent, me);
  if (roster.isSame(before, after)) return before;
  roster.checkChange(before, after, me);
  roster.check(after);
  return after;
}

/** Whether it is so already. */
export function isMoot(before: Roster, intent: Intent): boolean {
  switch (intent.type) {
    case "Remove":
      return !intent.actors.some((actor) => rankIn(before, actor));
    case "Rename":
      return before.name === intent.name;
    case "Appoint":
      return (before.people[intent.actor] ?? intent.role) === intent.role;
    default:
      return false;
  }
}

/** Throws as `wished`, and `Conflict` (DEV-4.5) for what is so already. */
export function check(before: Roster, intent: Intent, me: string): void {
  wished(before, intent, me);
  if (isMoot(before, intent)) throw new Conflict("DEV-4.5", MOOT);
}

// -- what others did ----------------------------------------------------------------------------

/** What another sent may be followed. Throws `Refused` (E2E-8.4, E2E-8.7). */
export function checkFollowed(before: Extensions, event: Event, after: Session): void {
  if (event.kind === "Proposed" && rosterOf(before) !== null) {
    throw new Forbidden("E2E-8.7", "in a group nobody proposes what others are to commit");
  }
  if (event.kind !== "Committed" || event.own) return;
  roster.checkCommit(before, after.group.context.extensions, {
    by: actorOf(event.sender),
    added: actorsOf(event.added),
    present: actorsOf(after.members()),
    isOutside: event.external || event.reinit !== null,
  });
}

/** The relay took a commit that may not be followed: the group ends for all (E2E-8.6). */
export function spoil(
  state: DeviceState,
  group: string,
  event: Committed,
  { clause, reason }: Refused,
): GroupSpoilt {
  const by = actorOf(event.sender);
  state.put(rosterRows.spoiltRow(group), { by, epoch: Number(event.epoch), reason });
  for (const name of state.names("parked", group)) state.delete(name);
  return { is: "GroupSpoilt", conversation: group, by, clause, reason };
}

/** A group that this device was taken into. Throws `Refused` (E2E-8.1, E2E-8.8). */
export function checkJoined(state: DeviceState, session: Session, by: string): Roster | null {
  const group = hex(session.groupId);
  const found = here(session);
  const refused = (reason: string) => new Forbidden("E2E-8.8", reason);
  if (state.has(rosterRows.spoiltRow(group))) {
    throw refused("a group that was ended goes on nowhere: begin a new one");
  }
  if (found === null) {
    if (!rosterRows.isGroup(state, group)) return null;
    throw refused("a group loses its people by no invitation");
  }
  if (!rankIn(found, state.actor) || !rankIn(found, by)) {
    throw refused("who invites, and who is invited, are people of the group");
  }
  return found;
}

/** This device is out of the group: that is the last that it knows of it. */
export async function left(
  state: DeviceState,
  group: string,
  by: string,
  now: number,
): Promise<void> {
  const before = await rosterRows.known(state, group);
  if (before === null || !rankIn(before, state.actor)) return;
  const after = without(before, [state.actor]);
  rosterRows.keepLine(state, group, before, after, by, now);
  rosterRows.keep(state, group, after);
}

/** This device is in the group; of those who were there before it knows no more. */
export async function joined(
  state: DeviceState,
  group: string,
  found: Roster,
  by: string,
  now: number,
): Promise<void> {
  const others = { ...without(found, [state.actor]), name: "" };
  const before = (await rosterRows.known(state, group)) ?? others;
  if (!roster.isSame(before, found)) {
    rosterRows.keepLine(state, group, before, found, by, now);
  }
  rosterRows.keep(state, group, found);
}

/** The group is in another epoch: what is new of it. */
export async function entered(
  state: DeviceState,
  group: string,
  found: Roster,
  by: string,
  now: number,
): Promise<readonly GroupChanged[]> {
  const before = (await rosterRows.known(state, group)) ?? NOTHING;
  if (roster.isSame(before, found)) return [];
  const line = rosterRows.keepLine(state, group, before, found, by, now);
  rosterRows.keep(state, group, found);
  const { came: added, went: removed, name } = line;
  const roles = line.roles.map(({ actor, role }) => [actor, role] as const);
  return [{ is: "GroupChanged", conversation: group, by, added, removed, name, roles }];
}
