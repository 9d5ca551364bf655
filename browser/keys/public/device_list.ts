/** Pure: the list of an account's devices, and what a device is in it (spec KEY-3.2 to KEY-3.4). */

import { Malformed, TooMuch } from "../../errors.ts";
import { checkSignatureKey, SUITES } from "../../mls/public/suite.ts";
import { type Bytes, concat, equal, hex } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import type { Delegation } from "./delegation.ts";
import {
  checkActor,
  head,
  LAST_LIST,
  parseContent,
  parseSigned,
  readActor,
  readCount,
  readTime,
  readX25519,
  type Signed,
  SPENT,
  u64,
} from "./signed.ts";

export const LIST_LABEL = "Kith device list 1";
export const MOST_LIST_BYTES = 32_768;
export const MOST_DEVICES = 16;
const MOST_SUITES = 8;
const LONGEST_KEY_BYTES = 512;
const FIRST_SUITE = 1; // every device has a key of it, by which it asks to be taken in
export const LIST_SECONDS = 30 * 86_400;
/** A list that ends sooner is renewed. */
export const RENEW_SECONDS = 20 * 86_400;
const SKEW_SECONDS = 86_400;
/** Stands for the recovery key in a key box. */
export const NOBODY: Bytes = new Uint8Array(16);

/** By which key a device signs in groups of a cipher suite. */
export interface SuiteKey {
  readonly suite: number;
  readonly signatureKey: Bytes;
}

/** One device. `seal` is the public key to which it gets its entry of the key box. */
export interface ListedDevice {
  readonly id: Bytes;
  readonly seal: Bytes;
  readonly keys: readonly SuiteKey[];
  readonly added: number;
}

/** Who speaks for `actor`; `n` counts the lists of one delegation. */
export interface DeviceList {
  readonly actor: string;
  readonly d: number;
  readonly n: number;
  readonly issued: number;
  readonly notAfter: number;
  readonly devices: readonly ListedDevice[];
}

export function encodeSuiteKey(key: SuiteKey): Bytes {
  return concat(tls.u16(key.suite), tls.opaque(key.signatureKey));
}

export function sameSuiteKey(one: SuiteKey, other: SuiteKey): boolean {
  return one.suite === other.suite && equal(one.signatureKey, other.signatureKey);
}

export function encodeDevice(device: ListedDevice): Bytes {
  const keys = tls.vectorOf(device.keys, encodeSuiteKey);
  return concat(device.id, device.seal, keys, u64(device.added));
}

export function encodeList(list: DeviceList): Bytes {
  return concat(
    head(list.actor),
    tls.u32(list.d),
    tls.u32(list.n),
    u64(list.issued),
    u64(list.notAfter),
    tls.vectorOf(list.devices, encodeDevice),
  );
}

/** Whether a device of the list signs with that key. */
export function hasKey(list: DeviceList, wanted: SuiteKey): boolean {
  return list.devices.some((device) => device.keys.some((key) => sameSuiteKey(key, wanted)));
}

/** `values` grow as text: of one length each, or as numbers of one width. */
function checkRising(values: readonly string[], what: string): void {
  if (values.some((value, at) => at > 0 && (values[at - 1] as string) >= value)) {
    throw new Malformed("KEY-3.3", `${what} stand in rising order, none twice`);
  }
}

function checkOnce(values: readonly string[], what: string): void {
  if (new Set(values).size !== values.length) {
    throw new Malformed("KEY-3.3", `two devices of a list have one ${what}`);
  }
}

/** A suite and a key that can be one of it; of suites not known here, of any sane length. */
export function readSuiteKey(reader: tls.Reader): SuiteKey {
  const found = { suite: reader.u16(), signatureKey: reader.opaque() };
  const { length } = found.signatureKey;
  if (SUITES.has(found.suite)) checkSignatureKey(found.signatureKey);
  else if (length < 1 || length > LONGEST_KEY_BYTES) {
    throw new Malformed("KEY-3.3", "a signature key has 1 to 512 bytes");
  }
  return found;
}

/** One device (KEY-3.3). */
export function readDevice(reader: tls.Reader): ListedDevice {
  const id = reader.take(16);
  const seal = readX25519(reader);
  const keys = reader.vector(readSuiteKey);
  if (equal(id, NOBODY)) {
    const reason = "a device's id is not zero: that stands for the recovery key";
    throw new Malformed("KEY-3.3", reason);
  }
  checkRising(
    keys.map((key) => hex(tls.u16(key.suite))),
    "the suites of a device",
  );
  if (keys.length > MOST_SUITES || keys[0]?.suite !== FIRST_SUITE) {
    const reason = "a device has keys of 1 to 8 suites, and one of them is suite 1";
    throw new Malformed("KEY-3.3", reason);
  }
  return { id, seal, keys, added: readTime(reader) };
}

function readList(reader: tls.Reader): DeviceList {
  const actor = readActor(reader);
  const [d, n] = [readCount(reader), readCount(reader)];
  if (n > LAST_LIST) throw new Malformed("KEY-1.8", SPENT);
  const [issued, notAfter] = [readTime(reader), readTime(reader)];
  const devices = reader.vector(readDevice);
  if (devices.length < 1) throw new Malformed("KEY-3.3", "a list has a device");
  if (devices.length > MOST_DEVICES) {
    const reason = "a list has at most 16 devices: revoke one that is not used";
    throw new TooMuch("KEY-3.3", reason);
  }
  checkRising(
    devices.map((device) => hex(device.id)),
    "the devices of a list",
  );
  checkOnce(
    devices.map((device) => hex(device.seal)),
    "key to seal to",
  );
  const keys = devices.flatMap((device) => device.keys);
  checkOnce(
    keys.map((key) => hex(key.signatureKey)),
    "signature key",
  );
  if (notAfter < issued || notAfter > issued + LIST_SECONDS) {
    const reason = "a list lasts 30 days at most, from when it was signed";
    throw new Malformed("KEY-3.4", reason);
  }
  return { actor, d, n, issued, notAfter, devices };
}

/** The list of the delegation's actor, signed by its list key under its `d` (KEY-3.2). */
export async function checkList(signed: Signed, delegation: Delegation): Promise<DeviceList> {
  const found = parseContent(signed.content, readList);
  checkActor(found.actor, delegation.actor);
  if (found.d !== delegation.d) {
    throw new Malformed("KEY-3.2", "a list and its delegation have different numbers");
  }
  await signed.check(delegation.listKey, LIST_LABEL);
  return found;
}

/** The list was not signed in the future. Throws `Malformed` (KEY-3.4). */
export function checkNotAhead(list: DeviceList, now: number): void {
  if (list.issued > now + SKEW_SECONDS) {
    throw new Malformed(
      "KEY-3.4",
      "a list was signed more than a day ahead of the clock here: set the clock right, " +
        `here or there (here it shows ${now}, in seconds since 1970)`,
    );
  }
}

/** A signed list that is all of `data`, not checked yet. */
export function parseList(data: Bytes): Signed {
  return parseSigned(data, MOST_LIST_BYTES);
}
