/** Pure: what a key box holds for whoever can open an entry of it (spec KEY-3.8, KEY-4.4). */

import { Forbidden, Malformed, TooMuch, Unproven } from "../../errors.ts";
import { signatureKey } from "../../mls/private/crypto.ts";
import type { Entropy } from "../../mls/private/entropy.ts";
import { type KeyPair, openSealed, seal } from "../../mls/private/hpke.ts";
import { suiteOf } from "../../mls/public/suite.ts";
import { type Bytes, concat, EMPTY, equal, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { type DeviceList, NOBODY } from "../public/device_list.ts";
import {
  BOX_LABEL,
  checkBoxNumber,
  type Entry,
  encodeBox,
  type KeyBox,
} from "../public/key_box.ts";
import { readCount, type Signed } from "../public/signed.ts";
import { RECOVERY_KEY_BYTES, signStructure } from "./recovery.ts";

const INFO = tls.opaque(utf8("Kith box 1"));
export const MOST_GENERATIONS = 256;
const SUITE = suiteOf(1);

/** The archive key of generation `g`. */
export interface ArchiveKey {
  readonly g: number;
  readonly key: Bytes;
}

/** `rk` is there until the recovery key was written down; never for the recovery key itself. */
export interface BoxSecret {
  readonly listPrivate: Bytes;
  readonly archive: readonly ArchiveKey[];
  readonly rk: Bytes;
}

export function encodeSecret(secret: BoxSecret): Bytes {
  const archive = tls.vectorOf(secret.archive, ({ g, key }) => concat(tls.u32(g), key));
  return concat(secret.listPrivate, archive, tls.opaque(secret.rk));
}

function checkCount(archive: readonly ArchiveKey[]): void {
  if (archive.length > MOST_GENERATIONS) {
    throw new TooMuch("KEY-3.8", "a box has at most 256 archive keys");
  }
}

function readSecret(reader: tls.Reader): BoxSecret {
  const listPrivate = reader.take(32);
  const archive = reader.vector((each) => ({ g: readCount(each), key: each.take(32) }));
  const rk = reader.opaque();
  if (archive.length < 1 || archive.some(({ g }, at) => g !== at + 1)) {
    const reason = "the archive keys of a box are 1, 2 and so on, none missing";
    throw new Malformed("KEY-3.8", reason);
  }
  checkCount(archive);
  if (rk.length !== 0 && rk.length !== RECOVERY_KEY_BYTES) {
    throw new Malformed("KEY-3.8", "a recovery key has 32 bytes");
  }
  return { listPrivate, archive, rk };
}

type Numbered = Pick<KeyBox, "actor" | "d" | "n" | "b">;

/** What an entry is bound to: whose box it is in, and whose entry it is. */
export function boxInfo(box: Numbered, to: Bytes): Bytes {
  const numbers = concat(tls.u32(box.d), tls.u32(box.n), tls.u32(box.b));
  return concat(INFO, tls.opaque(utf8(box.actor)), numbers, to);
}

/**
 * The signed box of a list: an entry for the recovery key, without it, and one per device.
 *
 * Throws `TooMuch` (KEY-3.8) for more archive keys than a box holds, `Malformed` (KEY-1.8) for more
 * boxes than a list has.
 */
export async function sealBox(
  list: DeviceList,
  b: number,
  recoveryKem: Bytes,
  secret: BoxSecret,
  entropy: Entropy,
): Promise<Signed> {
  checkBoxNumber(b);
  checkCount(secret.archive);
  const { actor, d, n } = list;
  const paper = encodeSecret({ ...secret, rk: EMPTY });
  const all = encodeSecret(secret);
  const to = [
    { id: NOBODY, key: recoveryKem, plain: paper },
    ...list.devices.map((device) => ({ id: device.id, key: device.seal, plain: all })),
  ];
  const entries: Entry[] = [];
  for (const { id, key, plain } of to) {
    const sealed = await seal(SUITE, key, boxInfo({ actor, d, n, b }, id), plain, entropy);
    entries.push({ to: id, sealed });
  }
  const pair = await signatureKey(secret.listPrivate);
  return signStructure(pair, BOX_LABEL, encodeBox({ actor, d, n, b, entries }));
}

/**
 * What the entry for `to` holds. Throws `Forbidden` (KEY-3.8) where there is none for it.
 *
 * `listKey` is that of the delegation: the private half inside has to be of it (KEY-4.4).
 */
export async function openBox(
  box: KeyBox,
  to: Bytes,
  pair: KeyPair,
  listKey: Bytes,
): Promise<BoxSecret> {
  const entry = box.entries.find((each) => equal(each.to, to));
  if (entry === undefined) {
    throw new Forbidden("KEY-3.8", "the account's key box has no entry for this device");
  }
  const plain = await openSealed(SUITE, pair, boxInfo(box, to), entry.sealed);
  const found = tls.parse(plain, readSecret);
  if (equal(to, NOBODY) && found.rk.length) {
    throw new Malformed("KEY-3.8", "the entry for the recovery key holds the recovery key");
  }
  if (!equal((await signatureKey(found.listPrivate)).public, listKey)) {
    throw new Unproven("KEY-4.4", "the list key in a key box is not the one that signs");
  }
  return found;
}

/** Each archive key that a device has is in the box, unchanged. Throws `Forbidden` (KEY-4.4). */
export function checkKnown(found: BoxSecret, known: readonly ArchiveKey[]): void {
  const isIn = ({ g, key }: ArchiveKey) =>
    found.archive.some((each) => each.g === g && equal(each.key, key));
  if (!known.every(isIn)) {
    throw new Forbidden("KEY-4.4", "a key box leaves out an archive key, or has another one");
  }
}
