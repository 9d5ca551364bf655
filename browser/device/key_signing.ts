/** Pure: what a device signs for its account: delegation, list with box, certificate (KEY-3). */

import { TooMuch } from "../errors.ts";
import { type BoxSecret, sealBox } from "../keys/private/box_secret.ts";
import { recoveryKemOf, rootOf, signStructure } from "../keys/private/recovery.ts";
import {
  CERTIFICATE_LABEL,
  CERTIFICATE_SECONDS,
  encodeCertificate,
  encodeLeafExtension,
} from "../keys/public/certificate.ts";
import {
  checkDelegation,
  DELEGATION_LABEL,
  DELEGATION_SECONDS,
  encodeDelegation,
  parseDelegation,
} from "../keys/public/delegation.ts";
import {
  checkList,
  type DeviceList,
  encodeList,
  LIST_LABEL,
  LIST_SECONDS,
  type ListedDevice,
  type SuiteKey,
} from "../keys/public/device_list.ts";
import type { Published } from "../keys/public/published.ts";
import { LARGEST_U32, LAST_LIST } from "../keys/public/signed.ts";
import { signatureKey } from "../mls/private/crypto.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import { type Bytes, hex } from "../wire/bytes.ts";

/** A signed delegation, list and key box, as the home node keeps them. */
export interface SignedKeys {
  readonly delegation: Bytes;
  readonly list: Bytes;
  readonly box: Bytes;
}

/** Keys that are to be put in the place of those with the number `before`. */
export interface PutKeys {
  readonly keys: SignedKeys;
  readonly before: string;
}

/**
 * The number of the delegation behind `d` (DEV-12.6). A clock far ahead uses none up.
 *
 * Throws `TooMuch` (KEY-1.8) behind the last one: somebody who has the root chose that.
 */
export function nextDelegation(d: number, now: number): number {
  if (d >= LARGEST_U32) {
    throw new TooMuch(
      "KEY-1.8",
      "the numbers of the account's delegations are used up, so somebody has the recovery words:" +
        " begin its keys anew with the password (kith recovery reset)",
    );
  }
  return Math.max(d + 1, Math.min(now, LAST_LIST));
}

/** The root's delegation to a list key; `rk` is the recovery key. */
export async function delegate(
  actor: string,
  rk: Bytes,
  d: number,
  listPrivate: Bytes,
  now: number,
): Promise<Bytes> {
  const root = await rootOf(rk);
  const made = {
    actor,
    root: root.public,
    d,
    listKey: (await signatureKey(listPrivate)).public,
    recoveryKem: (await recoveryKemOf(rk)).public,
    notAfter: now + DELEGATION_SECONDS,
  };
  return (await signStructure(root, DELEGATION_LABEL, encodeDelegation(made))).encode();
}

/**
 * The list `n` under the delegation `above`, and its first box.
 *
 * Throws `TooMuch` (KEY-3.3, KEY-3.8) for more devices or archive keys than others take, `Malformed`
 * (KEY-1.8) behind the last list of the delegation.
 */
export async function listDevices(
  above: Bytes,
  actor: string,
  n: number,
  devices: readonly ListedDevice[],
  secret: BoxSecret,
  entropy: Entropy,
  now: number,
): Promise<SignedKeys> {
  const over = await checkDelegation(parseDelegation(above), actor);
  const made: DeviceList = {
    actor,
    d: over.d,
    n,
    issued: now,
    notAfter: now + LIST_SECONDS,
    devices: [...devices].sort((a, b) => (hex(a.id) < hex(b.id) ? -1 : 1)),
  };
  const pair = await signatureKey(secret.listPrivate);
  const signed = await signStructure(pair, LIST_LABEL, encodeList(made));
  await checkList(signed, over);
  const box = await sealBox(made, 1, over.recoveryKem, secret, entropy);
  return { delegation: above, list: signed.encode(), box: box.encode() };
}

/** The leaf extension of the device `id` (KEY-3.6). */
export async function certify(
  there: Published,
  id: Bytes,
  key: SuiteKey,
  listPrivate: Bytes,
  now: number,
): Promise<Bytes> {
  const { actor, d, n } = there.devices;
  const made = encodeCertificate({ actor, id, key, d, n, notAfter: now + CERTIFICATE_SECONDS });
  const pair = await signatureKey(listPrivate);
  const certificate = await signStructure(pair, CERTIFICATE_LABEL, made);
  return encodeLeafExtension({ delegation: there.signedDelegation, certificate });
}
