/** Pure: which groups people see as one chat (spec E2E-5.8). */

import type { ConversationRow } from "../device/rows.ts";

/** A chat: with one other person, all groups of the two; else one group. `since` in milliseconds. */
export interface Place {
  readonly id: string;
  /** It has a name and roles: it is no chat with one person, whoever is in (E2E-8.2). */
  readonly isGroup: boolean;
  readonly others: readonly string[];
  readonly groups: readonly string[];
  readonly open: readonly string[];
  readonly since: number;
}

/** All chats, by their id. `past`: groups that are no more, or never were here, with who was in them. */
export function placesOf(
  own: string,
  known: ReadonlyMap<string, ConversationRow>,
  past: ReadonlyMap<string, readonly string[]>,
  groups: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, Place> {
  const found = new Map<string, Place>();
  const add = (group: string, members: readonly string[], isOpen: boolean, since: number) => {
    const others = members.filter((actor) => actor !== own);
    const isGroup = groups.has(group);
    const id = isGroup ? group : placeId(group, others);
    const before = found.get(id) ?? { id, isGroup, others, groups: [], open: [], since };
    found.set(id, {
      ...before,
      groups: [...before.groups, group],
      open: isOpen ? [...before.open, group] : before.open,
      since: Math.max(before.since, since),
    });
  };
  for (const [group, row] of known) add(group, row.members, !row.left, row.created * 1000);
  for (const [group, members] of past) if (!known.has(group)) add(group, members, false, 0);
  return found;
}

function placeId(group: string, others: readonly string[]): string {
  const [other] = others;
  return others.length === 1 && other !== undefined ? other : group;
}

/** A chat that nobody has said anything in. */
export function emptyPlace(actor: string): Place {
  return { id: actor, isGroup: false, others: [actor], groups: [], open: [], since: 0 };
}
