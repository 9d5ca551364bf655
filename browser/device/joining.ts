/** Pure: what a device that was let in takes of its account's keys (spec DEV-12.11). */

import { type ArchiveKey, openBox } from "../keys/private/box_secret.ts";
import { checkPublished, checkWithBox } from "../keys/public/published.ts";
import { checkListed, openGrant } from "../linking/private/grant.ts";
import type { Agreed } from "../linking/private/linking.ts";
import { type KeyPair, keyPair } from "../mls/private/hpke.ts";
import { type Bytes, EMPTY } from "../wire/bytes.ts";
import { ACCOUNT_KEYS, type AccountKeysRow } from "./key_rows.ts";
import type { SignedKeys } from "./key_signing.ts";
import { archiveKeyRow, encodeRow } from "./rows.ts";

/** A device's part in its account's keys, and the archive keys that came with it. */
export interface Joined {
  readonly row: AccountKeysRow;
  readonly archive: readonly ArchiveKey[];
}

/**
 * What the home node and the old device have for us, all of it checked before any is kept.
 *
 * Throws `Refused` with the clause that is broken (LNK-4, KEY-3, KEY-4.4).
 */
export async function take(
  told: SignedKeys,
  agreed: Agreed,
  grant: Bytes,
  seal: Bytes,
  once: KeyPair,
): Promise<Joined> {
  const { actor } = agreed.old;
  const { id } = agreed.new.device;
  const there = await checkPublished(told.delegation, told.list, actor);
  const box = await checkWithBox(there, told.box);
  checkListed(agreed, there);
  const { listKey } = there.delegation;
  await openGrant(grant, agreed, listKey, once);
  const secret = await openBox(box, id, await keyPair(seal), listKey);
  const row = {
    id,
    seal,
    list_private: secret.listPrivate,
    rk: secret.rk,
    delegation: told.delegation,
    list: told.list,
    box: told.box,
    before: "",
    fresh: EMPTY,
    accepted: true,
    unlisted: false,
  };
  return { row, archive: secret.archive };
}

/** The rows with which a device is one of the account's. */
export function rowsOf({ row, archive }: Joined): ReadonlyMap<string, Bytes> {
  const keys = archive.map(({ g, key }) => [archiveKeyRow(g), key] as const);
  return new Map([...keys, [ACCOUNT_KEYS, encodeRow(row)]]);
}
