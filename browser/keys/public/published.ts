/** Pure: an account's keys as a whole, from root to list, and which of two are newer (KEY-4). */

import { Forbidden } from "../../errors.ts";
import type { Bytes } from "../../wire/bytes.ts";
import { checkDelegation, type Delegation, parseDelegation } from "./delegation.ts";
import { checkList, type DeviceList, parseList } from "./device_list.ts";
import { checkBox, type KeyBox, parseBox } from "./key_box.ts";
import { LEAP, type Signed } from "./signed.ts";

/** What everybody may see of an account's keys, checked from its root down. */
export interface Published {
  readonly delegation: Delegation;
  readonly devices: DeviceList;
  readonly signedDelegation: Signed;
  readonly signedList: Signed;
}

/** The chain of `actor` in these bytes. Throws `Refused` with the clause (KEY-1, KEY-3). */
export async function checkPublished(
  delegation: Bytes,
  devices: Bytes,
  actor: string,
): Promise<Published> {
  const [signedDelegation, signedList] = [parseDelegation(delegation), parseList(devices)];
  const found = await checkDelegation(signedDelegation, actor);
  const list = await checkList(signedList, found);
  return { delegation: found, devices: list, signedDelegation, signedList };
}

/** Lists of one delegation are counted, none leaps ahead. Throws `Forbidden` (KEY-4.6). */
export function checkCountedOn(one: Published, known: Published): void {
  if (one.delegation.d === known.delegation.d && one.devices.n - known.devices.n > LEAP) {
    throw new Forbidden(
      "KEY-4.6",
      "a list of devices leaps far ahead of the one before it, so that no other could follow:" +
        " somebody else has the list key; enter the recovery words, for another one" +
        " (kith recovery renew)",
    );
  }
}

/** The box that belongs to it. */
export function checkWithBox(keys: Published, box: Bytes): Promise<KeyBox> {
  return checkBox(parseBox(box), keys.delegation, keys.devices);
}

/** Above 0 when `one` is of a greater number (d, n), below when `other` is (KEY-4.1). */
export function compareNumbers(
  one: { readonly d: number; readonly n: number },
  other: { readonly d: number; readonly n: number },
): number {
  return one.d - other.d || one.n - other.n;
}

/** A list does not outlive its delegation (KEY-4.3). */
export function endOf(keys: Published): number {
  return Math.min(keys.delegation.notAfter, keys.devices.notAfter);
}
