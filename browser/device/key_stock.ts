/** Pure: a device's own key packages, and whose others' are (spec DEV-6, E2E-5.1). */

import { Forbidden, Missing, Refused } from "../errors.ts";
import { parseKeyPackage, validateKeyPackage } from "../mls/group.ts";
import { type Bytes, equal, utf8 } from "../wire/bytes.ts";
import { type DeviceState, SUITE } from "./device_state.ts";
import type { Add, Intent } from "./intents.ts";
import { PACKAGE, packageRow } from "./rows.ts";

const LAST_RESORT_KEPT_SECONDS = 7 * 86400;

/** A key package to publish, and whether it is the last resort. */
export type Published = readonly [Bytes, boolean];

/**
 * `count` packages, and one of last resort if so.
 *
 * Inside a step. A former last resort goes a week after it was made, with the next one.
 */
export async function make(
  state: DeviceState,
  count: number,
  lastResort: boolean,
  now: number,
): Promise<readonly Published[]> {
  for (const name of lastResort ? state.names("package") : []) {
    const old = await state.get(name, PACKAGE);
    if (old.last_resort && now - old.made > LAST_RESORT_KEPT_SECONDS) state.delete(name);
  }
  const made: Published[] = [];
  for (let number = 0; number < count + Number(lastResort); number++) {
    const own = await state.groups.me.keyPackage(state.entropy, now);
    const last_resort = number === count;
    state.put(packageRow(own.reference), { package: own.dump(), made: now, last_resort });
    made.push([own.package, last_resort]);
  }
  return made;
}

/** Whether a device of `actor` can be added with the package, whoever it is (E2E-2.10). */
export async function isFit(data: Bytes, actor: string, now: number): Promise<boolean> {
  try {
    return (await validateKeyPackage(data, utf8(actor), now)).suiteId === SUITE;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return false;
  }
}

/** Whether nothing is wrong with it but, perhaps, the time by our clock. */
export async function isFitAtItsTime(data: Bytes, actor: string): Promise<boolean> {
  try {
    const { lifetime } = parseKeyPackage(data).leaf;
    return lifetime !== null && (await isFit(data, actor, Number(lifetime.notBefore)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return false;
  }
}

/** The package is of `actor`. Throws `Forbidden` (E2E-5.1). */
export function checkOwner(keyPackage: Bytes, actor: string): void {
  const { identity } = parseKeyPackage(keyPackage).leaf.credential;
  if (!equal(identity, utf8(actor))) {
    throw new Forbidden("E2E-5.1", `a key package that is not of ${actor}`);
  }
}

/** Key packages, by actor. */
export type Packages = Readonly<Record<string, readonly Bytes[]>>;

/** The wish to take in the devices in whose packages these are; `listed`: nobody's but ours. Throws `Missing`,
 * `Forbidden`. */
export function adding(packages: Packages, listed: boolean): Add {
  if (!Object.values(packages).some((found) => found.length)) {
    throw new Missing("E2E-5.6", "they have no device that takes sealed messages yet");
  }
  for (const [actor, found] of Object.entries(packages)) {
    for (const data of found) checkOwner(data, actor);
  }
  const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
  return { type: "Add", packages: Object.fromEntries(sorted), ...(listed && { listed }) };
}

/** The signature keys of the devices that an intent is to take in. */
export function keysOf(intent: Intent): readonly Bytes[] {
  const packages = intent.type === "Add" ? Object.values(intent.packages).flat() : [];
  return packages.map((data) => parseKeyPackage(data).leaf.signatureKey);
}
