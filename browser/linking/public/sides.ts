/** Pure: what each device says of itself, and what both make of it (spec LNK-1, LNK-3). */

import { Malformed, TooMuch } from "../../errors.ts";
import { encodeDevice, type ListedDevice, readDevice } from "../../keys/public/device_list.ts";
import {
  parseContent,
  readActor,
  readCount,
  readEd25519,
  readX25519,
  VERSION,
} from "../../keys/public/signed.ts";
import { hash } from "../../mls/public/suite.ts";
import { type Bytes, concat, equal, text, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";

export const NEW = 1;
export const OLD = 2;
const MOST_BYTES = 2048;
const NONCE_BYTES = 32;
const LONGEST_NAME = 64; // characters
const COMMIT_LABEL = tls.opaque(utf8("Kith link commit 1"));
const LINK_LABEL = tls.opaque(utf8("Kith link 1"));
const NUMBER_LABEL = tls.opaque(utf8("Kith link number 1"));
// Control characters, line breaks, and what turns the direction of what follows.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSHOWN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/** The device that is to be let in. `onceKem` is for this linking alone. */
export interface NewSide {
  readonly side: typeof NEW;
  readonly nonce: Bytes;
  readonly device: ListedDevice;
  readonly onceKem: Bytes;
  readonly name: string;
}

/** A device of the account, and the newest list that it knows. */
export interface OldSide {
  readonly side: typeof OLD;
  readonly nonce: Bytes;
  readonly actor: string;
  readonly root: Bytes;
  readonly d: number;
  readonly n: number;
  readonly listHash: Bytes;
}

export type LinkSide = NewSide | OldSide;

export function encodeSide(one: LinkSide): Bytes {
  const head = concat(tls.u8(VERSION), tls.u8(one.side), one.nonce);
  if (one.side === NEW) {
    return concat(head, encodeDevice(one.device), one.onceKem, tls.opaque(utf8(one.name)));
  }
  const numbers = concat(tls.u32(one.d), tls.u32(one.n));
  return concat(head, tls.opaque(utf8(one.actor)), one.root, numbers, one.listHash);
}

function readName(reader: tls.Reader): string {
  let name = "";
  const raw = reader.opaque();
  try {
    name = text(raw);
  } catch {
    // Refused below, as a name that is none.
  }
  const { length } = [...name];
  if (length < 1 || length > LONGEST_NAME || UNSHOWN.test(name)) {
    const reason = `a device's name has 1 to ${LONGEST_NAME} characters, none of control or direction`;
    throw new Malformed("LNK-1.4", reason);
  }
  return name;
}

function readSide(reader: tls.Reader): LinkSide {
  const side = reader.u8();
  const nonce = reader.take(NONCE_BYTES);
  if (side === OLD) {
    return {
      side: OLD,
      nonce,
      actor: readActor(reader),
      root: readEd25519(reader),
      d: readCount(reader),
      n: readCount(reader),
      listHash: reader.take(32),
    };
  }
  if (side !== NEW) {
    throw new Malformed("LNK-1.3", "a side of a link is a new device's or an old one's");
  }
  const device = readDevice(reader);
  const onceKem = readX25519(reader);
  const name = readName(reader);
  if (equal(onceKem, device.seal)) {
    throw new Malformed("LNK-1.5", "a key for one linking is none that the device keeps");
  }
  return { side: NEW, nonce, device, onceKem, name };
}

/** The side that is all of `data`. Throws `Refused` with the clause (LNK-1, KEY-1, KEY-3.3). */
export function parseSide(data: Bytes): LinkSide {
  if (data.length > MOST_BYTES) {
    throw new TooMuch("LNK-1.2", `a side of a link has more than ${MOST_BYTES} bytes`);
  }
  return parseContent(data, readSide);
}

/** What who shows says of its side before it knows the other one (LNK-3.1). */
export function commitmentTo(side: Bytes): Bytes {
  return hash(concat(COMMIT_LABEL, tls.opaque(side)));
}

/** `T`: all that the two said, in one hash (LNK-3.6). */
export function transcript(code: string, theNew: Bytes, old: Bytes): Bytes {
  const said = [utf8(code), theNew, old].map(tls.opaque);
  return hash(concat(LINK_LABEL, ...said));
}

/** The six digits that the device of `side` shows (LNK-3.7). */
export function numberOf(side: LinkSide["side"], told: Bytes): string {
  const digest = hash(concat(NUMBER_LABEL, tls.u8(side), told));
  const first = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
  return String(first % 1_000_000n).padStart(6, "0");
}
