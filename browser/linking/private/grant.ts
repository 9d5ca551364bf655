/** Pure: what the old device hands to the new one, and what the new one looks at (spec LNK-4). */

import { Forbidden, Malformed, Unproven } from "../../errors.ts";
import { signStructure } from "../../keys/private/recovery.ts";
import { encodeDevice, type ListedDevice } from "../../keys/public/device_list.ts";
import { compareNumbers, type Published } from "../../keys/public/published.ts";
import {
  checkActor,
  parseContent,
  parseSigned,
  readTime,
  u64,
  VERSION,
} from "../../keys/public/signed.ts";
import type { SignatureKey } from "../../mls/private/crypto.ts";
import type { Entropy } from "../../mls/private/entropy.ts";
import { type KeyPair, openSealed, seal } from "../../mls/private/hpke.ts";
import { suiteOf } from "../../mls/public/suite.ts";
import { type Bytes, concat, equal, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import type { Agreed } from "./linking.ts";

const LABEL = "Kith grant 1";
const INFO = tls.opaque(utf8("Kith chain 1"));
const MOST_BYTES = 262_144;
const DAY_KEY_BYTES = 32;
const SUITE = suiteOf(1);

/** A state of the archive as the old device knows it. */
export interface StateMark {
  readonly name: Bytes;
  readonly version: number;
  readonly bodyHash: Bytes;
}

/** The highest number that the old device knows of a device's words in a group. */
export interface CountMark {
  readonly group: Bytes;
  readonly device: Bytes;
  readonly number: number;
}

/** `dayKey` is `C_day` of ARC-3.1; without one both are empty. */
export interface GrantSecret {
  readonly day: number;
  readonly dayKey: Bytes;
  readonly states: readonly StateMark[];
  readonly counts: readonly CountMark[];
}

function encodeSecret({ day, dayKey, states, counts }: GrantSecret): Bytes {
  return concat(
    tls.u8(VERSION),
    tls.u32(day),
    tls.opaque(dayKey),
    tls.vectorOf(states, (each) => concat(each.name, u64(each.version), each.bodyHash)),
    tls.vectorOf(counts, (each) =>
      concat(tls.opaque(each.group), tls.opaque(each.device), u64(each.number)),
    ),
  );
}

function readSecret(reader: tls.Reader): GrantSecret {
  const found = {
    day: reader.u32(),
    dayKey: reader.opaque(),
    states: reader.vector((each) => ({
      name: each.take(32),
      version: readTime(each),
      bodyHash: each.take(32),
    })),
    counts: reader.vector((each) => ({
      group: each.opaque(),
      device: each.opaque(),
      number: readTime(each),
    })),
  };
  if (found.dayKey.length !== (found.day ? DAY_KEY_BYTES : 0)) {
    throw new Malformed("LNK-4.3", "a grant has a day and its key of 32 bytes, or neither");
  }
  return found;
}

/** The grant for the new device. Throws `Forbidden` (LNK-3.8) as long as we are not sure. */
export async function sealGrant(
  agreed: Agreed,
  listKey: SignatureKey,
  secret: GrantSecret,
  entropy: Entropy,
): Promise<Bytes> {
  agreed.checkSure();
  const info = concat(INFO, agreed.told);
  const plain = encodeSecret(secret);
  const sealed = await seal(SUITE, agreed.new.onceKem, info, plain, entropy);
  const content = concat(tls.u8(VERSION), agreed.told, tls.opaque(sealed));
  return (await signStructure(listKey, LABEL, content)).encode();
}

/**
 * What the old device granted. Throws `Refused` (LNK-3.8, LNK-4.2, LNK-4.3, KEY-1).
 *
 * `listKey` is the one of the account's published delegation, after `checkListed`.
 */
export async function openGrant(
  data: Bytes,
  agreed: Agreed,
  listKey: Bytes,
  once: KeyPair,
): Promise<GrantSecret> {
  agreed.checkSure();
  const signed = parseSigned(data, MOST_BYTES);
  const { told, sealed } = parseContent(signed.content, (reader) => ({
    told: reader.take(32),
    sealed: reader.opaque(),
  }));
  if (!equal(told, agreed.told)) throw new Unproven("LNK-4.2", "that grant is for another linking");
  await signed.check(listKey, LABEL);
  const plain = await openSealed(SUITE, once, concat(INFO, told), sealed);
  return parseContent(plain, readSecret);
}

/**
 * Our entry in the account's keys, which are those of the device before us (LNK-4.4).
 *
 * Throws `Forbidden` (LNK-3.8, LNK-4.4, KEY-1.5).
 */
export function checkListed(agreed: Agreed, there: Published): ListedDevice {
  agreed.checkSure();
  const { old } = agreed;
  const mine = agreed.new.device;
  checkActor(there.devices.actor, old.actor);
  if (!equal(there.delegation.root, old.root)) {
    const reason = "the server shows the keys of another account than the device";
    throw new Forbidden("LNK-4.4", reason);
  }
  if (compareNumbers(there.devices, old) <= 0) {
    const reason = "the server shows older keys than the device has: try again";
    throw new Forbidden("LNK-4.4", reason);
  }
  const found = there.devices.devices.find((each) => equal(each.id, mine.id));
  const isSame =
    found !== undefined && equal(encodeDevice({ ...found, added: mine.added }), encodeDevice(mine));
  if (!isSame) {
    const reason = "the account's list does not have this device as it is";
    throw new Forbidden("LNK-4.4", reason);
  }
  return found;
}
