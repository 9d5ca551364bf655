/**
 * Pure: what a device makes of a group's roster: wishes become commits, commits become lines (spec E2E-8).
 *
 * All of it happens inside a step of the device's state.
 */

import { Conflict, Forbidden, type Refused } from "../errors.ts";
import type { Committed, Event, Member, Removed, Session, Staged } from "../mls/group.ts";
import type { Extensions } from "../mls/public/extensions.ts";
import type { Tree } from "../mls/public/tree.ts";
import { hex } from "../wire/bytes.ts";
import type { GroupChanged, GroupSpoilt } from "./conversation_events.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import { actorOf } from "./groups.ts";
import type { Intent } from "./intents.ts";
import * as later from "./later.ts";
import * as roster from "./roster.ts";
import { type Roster, rankIn, rootIn, rosterOf } from "./roster.ts";
import * as leaves from "./roster_leaves.ts";
import * as rosterRows from "./roster_rows.ts";
import { conversationRow, crowdedRow } from "./rows.ts";

export const NOTHING: Roster = { name: "", people: {}, roots: {} };
const NO_LEAVES: roster.Made = {
  by: "",
  added: [],
  present: [],
  isOutside: false,
  roots: ["", ""],
  devices: 0,
};
export const IS_OUT = "it was said by somebody who is out of the group";
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

/** The roster without these people. */
export function without({ name, people, roots }: Roster, actors: readonly string[]): Roster {
  const stays = ([actor]: readonly [string, unknown]) => !actors.includes(actor);
  const left = Object.entries(people).filter(stays);
  const rooted = Object.entries(roots).filter(stays);
  return { name, people: Object.fromEntries(left), roots: Object.fromEntries(rooted) };
}

/** `roots` are those of who is to come. */
function shaped(before: Roster, intent: Intent, me: string, added: Roots): Roster {
  const { name, people, roots } = before;
  switch (intent.type) {
    case "Add": {
      if (intent.listed) return before;
      const came = Object.keys(intent.packages).filter((actor) => !rankIn(before, actor));
      const members = came.map((actor) => [actor, "member"] as const);
      const theirs = Object.entries(added).filter(([actor]) => came.includes(actor));
      return {
        name,
        people: { ...people, ...Object.fromEntries(members) },
        roots: { ...roots, ...Object.fromEntries(theirs) },
      };
    }
    case "Remove":
      return without(
        before,
        intent.actors.filter((actor) => actor !== me),
      );
    case "Rename":
      return { name: intent.name, people, roots };
    case "Appoint":
      if (!rankIn(before, intent.actor)) return before;
      return { name, people: { ...people, [intent.actor]: intent.role }, roots };
    case "Quit":
      return roster.actorsOf(before).every((actor) => actor === me)
        ? before
        : without(before, [me]);
    default:
      return before;
  }
}

type Roots = Readonly<Record<string, string>>;

/** Who is to be in it once that came true, whoever may do it. Throws `Forbidden` (E2E-8.9). */
export async function aimed(before: Roster, intent: Intent): Promise<Roster> {
  return shaped(before, intent, "", await rootsOf(intent));
}

async function rootsOf(intent: Intent): Promise<Roots> {
  return intent.type === "Add" && !intent.listed ? leaves.rootsOf(intent.packages) : {};
}

/**
 * What it makes of the roster, by us with that root. Throws `Refused` (E2E-8.1 to E2E-8.3) what is not ours to
 * do.
 */
export async function wished(
  before: Roster,
  intent: Intent,
  me: string,
  root = "",
): Promise<Roster> {
  let after = shaped(before, intent, me, await rootsOf(intent));
  if (root && rankIn(after, me) && !rootIn(after, me)) {
    after = { ...after, roots: { ...after.roots, [me]: root } };
  }
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
export async function check(before: Roster, intent: Intent, me: string): Promise<void> {
  await wished(before, intent, me);
  if (isMoot(before, intent)) throw new Conflict("DEV-4.5", MOOT);
}

// -- what others did ----------------------------------------------------------------------------

/** What of a group is judged. */
export interface Place {
  readonly context: { readonly extensions: Extensions };
  readonly tree: Tree;
}

/**
 * What another sent may be followed from where the group is `before`. Who is taken out by it judges it too.
 * Throws `Refused` (E2E-8.4, E2E-8.7, E2E-8.9).
 */
export async function checkFollowed(before: Place, event: Event, after: Session): Promise<void> {
  const { extensions } = before.context;
  if (event.kind === "Proposed" && rosterOf(extensions) !== null) {
    throw new Forbidden("E2E-8.7", "in a group nobody proposes what others are to commit");
  }
  if (event.kind === "Removed") return checkRemoved(before, event);
  if (event.kind !== "Committed" || event.own) return;
  if (rosterOf(extensions) === null) {
    return roster.checkCommit(extensions, after.group.context.extensions, NO_LEAVES);
  }
  const isOutside = event.external || event.reinit !== null;
  const added = event.added.map(({ leaf }) => leaf);
  const { group } = after;
  const made = await leaves.made(before.tree, group.tree, event.sender.leaf, added, isOutside);
  roster.checkCommit(extensions, group.context.extensions, made);
}

/** Its path is not for us: all else of it is known. */
async function checkRemoved({ context, tree }: Place, event: Removed): Promise<void> {
  if (rosterOf(context.extensions) === null) return;
  if (event.by === null) {
    throw new Forbidden("E2E-8.4", "nobody comes into a group by themselves, nor closes it");
  }
  const { leaf } = event.by;
  const made = await leaves.made(tree, event.tree, leaf, event.added, false, false);
  roster.checkCommit(context.extensions, event.extensions, made);
}

/**
 * What this device would commit itself: a race may have made it what nobody follows. Throws as
 * `checkFollowed`.
 */
export async function checkOwn(before: Place, staged: Staged, own: number): Promise<void> {
  const { tree, context } = staged.next.group;
  if (rosterOf(before.context.extensions) === null) return;
  const made = await leaves.made(before.tree, tree, own, staged.changes.added);
  roster.checkCommit(before.context.extensions, context.extensions, made);
}

/** The relay took a commit that may not be followed: the group ends for all (E2E-8.6). */
export async function spoil(
  state: DeviceState,
  group: string,
  event: Committed | Removed,
  { clause, reason }: Refused,
): Promise<GroupSpoilt> {
  const who = event.kind === "Removed" ? event.by : event.sender;
  const by = who === null ? "" : actorOf(who);
  state.put(rosterRows.spoiltRow(group), { by, epoch: Number(event.epoch), reason });
  for (const name of state.names("parked", group)) state.delete(name);
  await later.forget(state, group, () => true);
  state.delete(crowdedRow(group));
  return { is: "GroupSpoilt", conversation: group, by, clause, reason };
}

/** A group that this device was taken into. Throws `Refused` (E2E-8.1, E2E-8.8). */
export async function checkJoined(
  state: DeviceState,
  session: Session,
  inviter: Member | null,
): Promise<Roster | null> {
  const group = hex(session.groupId);
  const found = here(session);
  const by = inviter === null ? "" : actorOf(inviter);
  if (state.has(rosterRows.spoiltRow(group))) {
    throw refused("a group that was ended goes on nowhere: begin a new one");
  }
  if (found === null) {
    if (!rosterRows.isGroup(state, group)) return null;
    throw refused("a group loses its people by no invitation");
  }
  if (inviter === null || !rankIn(found, state.actor) || !rankIn(found, by)) {
    throw refused("who invites, and who is invited, are people of the group");
  }
  await checkKeys(session, found, by, inviter.leaf);
  await checkKeys(session, found, state.actor, session.ownLeaf);
  const before = await rosterRows.known(state, group);
  if (before !== null) {
    checkAgain(before, found, by, state.actor);
  } else if (state.groups.has(group) || state.has(conversationRow(group))) {
    throw refused("a conversation of two becomes no group by an invitation");
  }
  return found;
}

function refused(reason: string): Forbidden {
  return new Forbidden("E2E-8.8", reason);
}

async function checkKeys(
  session: Session,
  found: Roster,
  actor: string,
  index: number,
): Promise<void> {
  const [leaf, root] = [session.group.tree.leaf(index), rootIn(found, actor)];
  if (root && (leaf === null || (await leaves.rootOf(leaf)) !== root)) {
    throw refused(`that group has other keys of ${actor}`);
  }
}

/**
 * A group that this device knew: what became of it meanwhile nobody can prove to it, so who invites gives nothing
 * that was not theirs to give, as far as is known here (E2E-8.8).
 */
function checkAgain(before: Roster, found: Roster, by: string, me: string): void {
  const root = rootIn(before, by);
  if (root && root !== rootIn(found, by)) throw refused(`that group has other keys of ${by}`);
  // Any member takes back who is in it; who is out is taken in.
  if (rankIn(before, by) < (rankIn(before, me) ? 1 : roster.ADMIN)) {
    throw refused("who was put out of a group is taken in by its owners or admins");
  }
  if (rankIn(before, by) === roster.OWNER) return;
  const isOwner = (shape: Roster, actor: string) => rankIn(shape, actor) === roster.OWNER;
  const owners = roster.actorsOf(before).filter((actor) => isOwner(before, actor));
  const stand = owners.filter((actor) => isOwner(found, actor));
  const isMineLost = owners.includes(me) && !stand.includes(me);
  if (!stand.length || isMineLost || rankIn(found, by) > rankIn(before, by)) {
    throw refused("who invites gave that group other roles than they may");
  }
}

/**
 * This device is out of the group: that is the last that it knows of it. `found`: what the group is since; its
 * person may be in it all the same, for people are no leaves.
 */
export async function left(
  state: DeviceState,
  group: string,
  by: string,
  now: number,
  found: Roster | null = null,
): Promise<void> {
  const before = await rosterRows.known(state, group);
  if (before === null || !rankIn(before, state.actor)) return;
  const after = found ?? without(before, [state.actor]);
  if (!isAlike(before, after)) rosterRows.keepLine(state, group, before, after, by, now);
  await rosterRows.keep(state, group, after);
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
  if (!isAlike(before, found)) {
    rosterRows.keepLine(state, group, before, found, by, now);
  }
  await rosterRows.keep(state, group, found);
}

/** Whether there is nothing to tell of it. */
function isAlike(before: Roster, after: Roster): boolean {
  const bare = ({ name, people }: Roster): Roster => ({ name, people, roots: {} });
  return roster.isSame(bare(before), bare(after));
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
  if (isAlike(before, found)) {
    await rosterRows.keep(state, group, found); // keys may have come
    return [];
  }
  const line = rosterRows.keepLine(state, group, before, found, by, now);
  await rosterRows.keep(state, group, found);
  const { came: added, went: removed, name } = line;
  const roles = line.roles.map(({ actor, role }) => [actor, role] as const);
  return [{ is: "GroupChanged", conversation: group, by, added, removed, name, roles }];
}

/** Somebody is to go: the first of those who stay commits it, so that one does (DEV-4.7). */
export async function commitIfOurs(
  state: DeviceState,
  outbox: DeviceOutbox,
  group: string,
): Promise<void> {
  const session = await state.groups.session(group);
  const out = new Set(going(session));
  for (const { proposal } of session.pending().values()) {
    if (proposal.type === "remove") out.add(proposal.removed);
  }
  const [first] = session.members().filter((member) => !out.has(member.leaf));
  const owed = await outbox.owed(group);
  const isMeant = owed.some(({ row }) => row.intent.type === "Refresh");
  if (first?.leaf === session.ownLeaf && !isMeant) outbox.owe(group, { type: "Refresh" });
}
