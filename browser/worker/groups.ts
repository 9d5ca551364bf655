/** The questions about groups, loaded when the first one is asked (spec E2E-8, DEV-19). */

import { Missing } from "../errors.ts";
import { beginGroup, changeGroup, type GroupChange } from "../messenger/grouping.ts";
import type { OpenDevice } from "./open_device.ts";

/** So long ago (seconds) the same group was begun for the same question, which was asked again. */
const TWICE = 60;

/** The handles of whoever is known. */
async function names(open: OpenDevice): Promise<(actor: string) => string> {
  const known = new Map([...(await open.device.knownHandles())].map(([name, id]) => [id, name]));
  return (actor) => known.get(actor) ?? actor;
}

/** Begin a group; its id. */
export async function begin(
  open: OpenDevice,
  name: string,
  actors: readonly string[],
): Promise<string> {
  const { device } = open;
  const wanted = [...new Set([...actors, device.actor])].sort().join(" ");
  for (const [group, row] of await device.conversations()) {
    const isSame = row.members.toSorted().join(" ") === wanted && !row.left;
    const isNew = !row.joined && Math.abs(open.seconds() - row.created) < TWICE;
    if (isSame && isNew && (await device.rosters.of(group))?.name === name) return group;
  }
  return beginGroup(open.carrying(), name, actors, await names(open));
}

/** Change a group. */
export async function change(open: OpenDevice, chat: string, what: GroupChange): Promise<void> {
  const row = (await open.device.conversations()).get(chat);
  if (row === undefined || row.left) {
    throw new Missing("DEV-19.3", "this device takes no part in that group any more");
  }
  await changeGroup(open.carrying(), chat, what, await names(open));
}
