/** Pure: the keys of its account that a device knows, read with the secrets they hold (DEV-12). */

import { Missing } from "../errors.ts";
import type { ArchiveKey, BoxSecret } from "../keys/private/box_secret.ts";
import { RECOVERY_KEY_BYTES } from "../keys/private/recovery.ts";
import type { KeyBox } from "../keys/public/key_box.ts";
import {
  checkPublished,
  checkWithBox,
  compareNumbers,
  type Published,
} from "../keys/public/published.ts";
import { equal } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { ACCOUNT_KEYS, ACCOUNT_KEYS_ROW, type AccountKeysRow } from "./key_rows.ts";
import type { SignedKeys } from "./key_signing.ts";
import { archiveKeyRow } from "./rows.ts";

/** The number in whose place the first keys are put. */
export const NO_KEYS = "0.0.0";

/** The newest keys that this device knows, read, with the secrets that they hold. */
export interface KnownKeys {
  readonly row: AccountKeysRow;
  readonly published: Published;
  readonly box: KeyBox;
  readonly secret: BoxSecret;
}

export function signedOf({ delegation, list, box }: AccountKeysRow): SignedKeys {
  return { delegation, list, box };
}

/** The number of keys, as a row and the home node have it. */
export function written({ d, n, b }: KeyBox): string {
  return `${d}.${n}.${b}`;
}

/** Throws `Missing` (DEV-12.1). */
export async function ownRow(state: DeviceState): Promise<AccountKeysRow> {
  const row = await state.find(ACCOUNT_KEYS, ACCOUNT_KEYS_ROW);
  if (row === null) {
    throw new Missing(
      "DEV-12.1",
      "this device has no keys of its account: kith recovery use takes them over with the" +
        " recovery words, kith recovery reset begins them (anew) with the password",
    );
  }
  return row;
}

/** Throws `Missing` (DEV-12.1). */
export async function knownKeys(state: DeviceState): Promise<KnownKeys> {
  const row = await ownRow(state);
  const published = await checkPublished(row.delegation, row.list, state.actor);
  const box = await checkWithBox(published, row.box);
  const archive = [...(await archiveKeys(state)), ...(await freshKeys(state, row))];
  return { row, published, box, secret: { listPrivate: row.list_private, archive, rk: row.rk } };
}

/** Those on disk: 1, 2, … to the newest. */
export async function archiveKeys(state: DeviceState): Promise<readonly ArchiveKey[]> {
  const found: ArchiveKey[] = [];
  for (;;) {
    const g = found.length + 1;
    const key = await state.read(archiveKeyRow(g));
    if (key === null) return found;
    found.push({ g, key });
  }
}

/** The archive keys that came with keys which the home node may not have yet. */
export async function freshKeys(
  state: DeviceState,
  { fresh }: AccountKeysRow,
): Promise<readonly ArchiveKey[]> {
  const first = (await archiveKeys(state)).length + 1;
  const found: ArchiveKey[] = [];
  for (let at = 0; (at + 1) * RECOVERY_KEY_BYTES <= fresh.length; at++) {
    const key = fresh.slice(at * RECOVERY_KEY_BYTES, (at + 1) * RECOVERY_KEY_BYTES);
    found.push({ g: first + at, key });
  }
  return found;
}

/** Whether they are other keys under a number of ours. */
export function isFork(ours: Published, theirs: Published): boolean {
  const sameList = equal(ours.signedList.hash(), theirs.signedList.hash());
  const sameAbove = equal(ours.signedDelegation.hash(), theirs.signedDelegation.hash());
  const sameNumber = compareNumbers(ours.devices, theirs.devices) === 0;
  return (sameNumber && !sameList) || (ours.delegation.d === theirs.delegation.d && !sameAbove);
}
