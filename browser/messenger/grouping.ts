/**
 * A person's deeds in groups, carried out: all who are meant are added, or nobody (spec DEV-19). Its twin is
 * `node/client/grouping.py`.
 */

import type { Device } from "../device/device.ts";
import type { Packages } from "../device/key_stock.ts";
import type { Role } from "../device/roles.ts";
import { type KithError, Missing, Refused, Unreachable } from "../errors.ts";
import type { Bytes } from "../wire/bytes.ts";

const NO_DEVICE = "has no device that takes sealed messages yet: nobody can be added before that";
const TOO_OLD =
  "has no device that knows groups yet: Kith has to be brought up to date there, and started once";

/** What one device's deeds need of whoever carries for it. */
export interface Carrying {
  readonly device: Device;
  seconds(): number;
  /** One key package of each device of an actor that may be added. */
  claim(actor: string): Promise<readonly Bytes[]>;
  /** Whether the device of that key package can be in a group (DEV-19.1). */
  isAble(keyPackage: Bytes): boolean;
  /** Send what is owed; throws the first refusal for good. */
  settle(): Promise<void>;
}

/** What somebody makes of a group. */
export type GroupChange =
  | { readonly is: "add"; readonly actors: readonly string[] }
  | { readonly is: "remove"; readonly actors: readonly string[] }
  | { readonly is: "rename"; readonly name: string }
  | { readonly is: "role"; readonly actor: string; readonly role: Role };

type NameOf = (actor: string) => string;

/** A new group. Throws, before anything is made, what is in the way of any of them, with their name (DEV-19.2). */
export async function beginGroup(
  by: Carrying,
  name: string,
  actors: readonly string[],
  nameOf: NameOf,
): Promise<string> {
  await by.device.checkSeat();
  const others = [...new Set(actors)].filter((actor) => actor !== by.device.actor).sort();
  const packages = await packagesOf(by, others, nameOf);
  const group = await by.device.rosters.start(name, packages, by.seconds());
  await by.settle();
  return group;
}

/** Change a group: all of it, or nothing. */
export async function changeGroup(
  by: Carrying,
  group: string,
  change: GroupChange,
  nameOf: NameOf,
): Promise<void> {
  const { rosters } = by.device;
  const now = by.seconds();
  switch (change.is) {
    case "add": {
      const wanted = [...new Set(change.actors)].sort();
      await rosters.checkAdd(group, wanted);
      await rosters.add(group, await packagesOf(by, wanted, nameOf), now);
      break;
    }
    case "remove":
      await rosters.remove(group, change.actors, now);
      break;
    case "rename":
      await rosters.rename(group, change.name, now);
      break;
    case "role":
      await rosters.appoint(group, change.actor, change.role, now);
  }
  await by.settle();
}

async function packagesOf(
  by: Carrying,
  actors: readonly string[],
  nameOf: NameOf,
): Promise<Packages> {
  const found: Record<string, readonly Bytes[]> = {};
  const wrong: (readonly [string, KithError])[] = [];
  for (const actor of actors) {
    try {
      found[actor] = await packagesOfOne(by, actor);
    } catch (error) {
      // Our own node says nothing of them.
      const isOurs = error instanceof Unreachable && !error.beyond;
      if (isOurs || !(error instanceof Refused || error instanceof Unreachable)) throw error;
      wrong.push([actor, error]);
    }
  }
  if (wrong.length) throw refusal(wrong, nameOf);
  return found;
}

async function packagesOfOne(by: Carrying, actor: string): Promise<readonly Bytes[]> {
  const claimed = await by.claim(actor);
  if (!claimed.length) throw new Missing("E2E-5.6", NO_DEVICE);
  const able = claimed.filter(by.isAble);
  if (!able.length) throw new Missing("DEV-19.1", TOO_OLD);
  return able;
}

/** Who cannot be added, by name, each with why. */
function refusal(wrong: readonly (readonly [string, KithError])[], nameOf: NameOf): KithError {
  const said = wrong.map(([actor, error]) => {
    const why = error instanceof Refused || error instanceof Unreachable ? error.reason : "";
    return `${nameOf(actor)}: ${why}`;
  });
  const names = wrong.map(([actor]) => nameOf(actor)).join(", ");
  return new Missing("DEV-19.2", said.join("; "), { place: names });
}
