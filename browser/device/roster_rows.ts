/** Pure: what a device keeps of a group beside its MLS records (spec E2E-8, DEV-19, DEV-1). */

import type { DeviceState } from "./device_state.ts";
import type { Role } from "./roles.ts";
import { actorsOf, type Roster } from "./roster.ts";
import { type Kind, padded } from "./rows.ts";

/** Of a group: nobody fills the vault by coming and going. */
const MOST_LINES = 500;

export interface PersonRow {
  readonly actor: string;
  readonly role: Role;
}

/** A group as this device saw it last: it is shown so once it is out of it, too. */
export interface RosterRow {
  readonly name: string;
  readonly people: readonly PersonRow[];
}

/**
 * What `by` made of a group at `at` (microseconds): who came and went, its new name if it has one, and
 * who has which other role.
 */
export interface LineRow {
  readonly at: number;
  readonly number: number;
  readonly by: string;
  readonly came: readonly string[];
  readonly went: readonly string[];
  readonly name: string;
  readonly roles: readonly PersonRow[];
}

/** That `by` ended a group for all by a commit that nobody follows (E2E-8.6), and why. */
export interface SpoiltRow {
  readonly by: string;
  readonly epoch: number;
  readonly reason: string;
}

const ROSTER: Kind<RosterRow> = (value) => value as RosterRow;
export const LINE: Kind<LineRow> = (value) => value as LineRow;
export const SPOILT: Kind<SpoiltRow> = (value) => value as SpoiltRow;

export function rosterRow(group: string): string {
  return `roster/${group}`;
}

export function spoiltRow(group: string): string {
  return `spoilt/${group}/0`;
}

/** Whether it has a name and roles: it is no conversation of two people then, whoever is in. */
export function isGroup(state: DeviceState, group: string): boolean {
  return state.has(rosterRow(group));
}

/** The group as it was seen last. */
export async function known(state: DeviceState, group: string): Promise<Roster | null> {
  const row = await state.find(rosterRow(group), ROSTER);
  if (row === null) return null;
  const people = row.people.map(({ actor, role }) => [actor, role] as const);
  return { name: row.name, people: Object.fromEntries(people) };
}

/** What happened to groups, the oldest first. */
export async function lines(
  state: DeviceState,
  ...groups: readonly string[]
): Promise<readonly LineRow[]> {
  const found: LineRow[] = [];
  for (const group of groups) {
    for (const name of state.names("line", group)) found.push(await state.get(name, LINE));
  }
  return found.sort((a, b) => a.number - b.number);
}

/** The group is like that now. */
export function keep(state: DeviceState, group: string, roster: Roster): void {
  const { name } = roster;
  state.put(rosterRow(group), { name, people: peopleOf(roster, actorsOf(roster)) });
}

/** It never began. */
export function forget(state: DeviceState, group: string): void {
  for (const name of [rosterRow(group), ...state.names("line", group)]) state.delete(name);
}

/** What became of the group, as a line of its history. */
export function keepLine(
  state: DeviceState,
  group: string,
  before: Roster,
  after: Roster,
  by: string,
  now: number,
): LineRow {
  const [was, is] = [actorsOf(before), actorsOf(after)];
  const changed = was.filter((one) => is.includes(one) && before.people[one] !== after.people[one]);
  const line = {
    at: now * 1_000_000,
    number: state.number(),
    by,
    came: is.filter((actor) => !was.includes(actor)).sort(),
    went: was.filter((actor) => !is.includes(actor)).sort(),
    name: after.name === before.name ? "" : after.name,
    roles: peopleOf(after, changed),
  };
  state.put(`line/${group}/${padded(line.number)}`, line);
  const [oldest = "", ...others] = state.names("line", group);
  if (others.length >= MOST_LINES) state.delete(oldest);
  return line;
}

function peopleOf({ people }: Roster, actors: readonly string[]): readonly PersonRow[] {
  return actors.toSorted().map((actor) => ({ actor, role: people[actor] ?? "member" }));
}
