/** Pure: content and its Ed25519 signature under a label (spec KEY-1.1 to KEY-1.7). */

import { Forbidden, Malformed, TooMuch, Unproven } from "../../errors.ts";
import { checkHpkeKey, checkSignatureKey, hash, verifyEd25519 } from "../../mls/public/suite.ts";
import { type Bytes, concat, text, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";

export const VERSION = 1;
const LARGEST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER);
/** No honest device comes near so many lists, or boxes of one list. */
export const LEAP = 2 ** 16;
export const LARGEST_U32 = 2 ** 32 - 1;
export const LAST_LIST = LARGEST_U32 - LEAP;
export const SPENT =
  "the numbers of this delegation's lists are used up, which no honest device does: enter the" +
  " recovery words, for another delegation (kith recovery renew)";
const LONGEST_ACTOR_BYTES = 2048;
const SIGNATURE_BYTES = 64;

/** What is signed: the label and the content, each behind its length. */
export function signContent(label: string, content: Bytes): Bytes {
  return concat(tls.opaque(utf8(label)), tls.opaque(content));
}

/** Some content, and its signature as it came. Two are the same when their content is. */
export class Signed {
  readonly content: Bytes;
  readonly signature: Bytes;

  constructor(content: Bytes, signature: Bytes) {
    this.content = content;
    this.signature = signature;
  }

  encode(): Bytes {
    return concat(tls.opaque(this.content), this.signature);
  }

  /** Names the content; another signature over the same words says nothing else. */
  hash(): Bytes {
    return hash(this.content);
  }

  /** `key` signed this under `label`. Throws `Unproven` (KEY-1.6). */
  async check(key: Bytes, label: string): Promise<void> {
    if (!(await verifyEd25519(key, signContent(label, this.content), this.signature))) {
      throw new Unproven("KEY-1.6", `the signature '${label}' is not by the key that has to sign`);
    }
  }
}

export function readSigned(reader: tls.Reader): Signed {
  return new Signed(reader.opaque(), reader.take(SIGNATURE_BYTES));
}

/** A `Signed` that is all of `data`. Throws `TooMuch` (KEY-1.2) above `most` bytes. */
export function parseSigned(data: Bytes, most: number): Signed {
  if (data.length > most) {
    throw new TooMuch("KEY-1.2", `a signed structure has more than ${most} bytes`);
  }
  return tls.parse(data, readSigned);
}

/** The structure that begins with the version which is spoken here (KEY-1.3). */
export function parseContent<T>(content: Bytes, item: tls.Item<T>): T {
  return tls.parse(content, (reader) => {
    if (reader.u8() !== VERSION) {
      throw new Malformed("KEY-1.3", "a structure of another version: this program is older");
    }
    return item(reader);
  });
}

/** What every structure begins with: its version, and whose it is. */
export function head(actor: string): Bytes {
  return concat(tls.u8(VERSION), tls.opaque(utf8(actor)));
}

export function u64(value: number): Bytes {
  return tls.u64(BigInt(value));
}

/** An actor's id (KEY-1.5). */
export function readActor(reader: tls.Reader): string {
  const raw = reader.opaque();
  if (raw.length < 1 || raw.length > LONGEST_ACTOR_BYTES) {
    throw new Malformed("KEY-1.5", "an actor's id has 1 to 2048 bytes");
  }
  try {
    return text(raw);
  } catch {
    throw new Malformed("KEY-1.5", "an actor's id is not UTF-8");
  }
}

/** The structure is of `actor`. Throws `Forbidden` (KEY-1.5). */
export function checkActor(said: string, actor: string): void {
  if (said !== actor) {
    throw new Forbidden("KEY-1.5", "signed keys are of another account than they are shown for");
  }
}

/** A number that counts from 1 (KEY-1.4). */
export function readCount(reader: tls.Reader): number {
  const value = reader.u32();
  if (value < 1) {
    const reason = "delegations, lists, boxes and archive keys count from 1";
    throw new Malformed("KEY-1.4", reason);
  }
  return value;
}

/** Seconds since 1970 (KEY-1.4). */
export function readTime(reader: tls.Reader): number {
  const value = reader.u64();
  if (value > LARGEST_NUMBER) throw new Malformed("KEY-1.4", "a time is beyond 2^53 - 1");
  return Number(value);
}

/** A public key that something is sealed to (MLS-5.1.1). */
export function readX25519(reader: tls.Reader): Bytes {
  const key = reader.take(32);
  checkHpkeKey(key);
  return key;
}

/** A public key that signs (MLS-5.1.1). */
export function readEd25519(reader: tls.Reader): Bytes {
  const key = reader.take(32);
  checkSignatureKey(key);
  return key;
}
