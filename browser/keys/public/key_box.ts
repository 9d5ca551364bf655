/** Pure: the key box as the node sees it: sealed entries, one per device (spec KEY-3.7). */

import { Malformed } from "../../errors.ts";
import { type Bytes, concat, equal } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import type { Delegation } from "./delegation.ts";
import { type DeviceList, NOBODY } from "./device_list.ts";
import {
  checkActor,
  head,
  LEAP,
  parseContent,
  parseSigned,
  readActor,
  readCount,
  type Signed,
} from "./signed.ts";

export const BOX_LABEL = "Kith key box 1";
export const MOST_BOX_BYTES = 262_144;
/** Of one list. */
const MOST_BOXES = LEAP;

/** The secrets, sealed to the device `to`; zero stands for the recovery key. */
export interface Entry {
  readonly to: Bytes;
  readonly sealed: Bytes;
}

/** The entries of the list (d, n); `b` counts the boxes of that list. */
export interface KeyBox {
  readonly actor: string;
  readonly d: number;
  readonly n: number;
  readonly b: number;
  readonly entries: readonly Entry[];
}

export function encodeBox(box: KeyBox): Bytes {
  const entries = tls.vectorOf(box.entries, ({ to, sealed }) => concat(to, tls.opaque(sealed)));
  return concat(head(box.actor), tls.u32(box.d), tls.u32(box.n), tls.u32(box.b), entries);
}

/** A list has so many boxes. Throws `Malformed` (KEY-1.8). */
export function checkBoxNumber(b: number): void {
  if (b > MOST_BOXES) {
    throw new Malformed(
      "KEY-1.8",
      "the numbers of this list's key boxes are used up, which no honest device does: enter the" +
        " recovery words, for another delegation (kith recovery renew)",
    );
  }
}

function readEntry(reader: tls.Reader): Entry {
  return { to: reader.take(16), sealed: reader.opaque() };
}

function readBox(reader: tls.Reader): KeyBox {
  const actor = readActor(reader);
  const [d, n, b] = [readCount(reader), readCount(reader), readCount(reader)];
  checkBoxNumber(b);
  return { actor, d, n, b, entries: reader.vector(readEntry) };
}

/** The box of that very list, signed by the list key, with an entry for each (KEY-3.7). */
export async function checkBox(
  signed: Signed,
  delegation: Delegation,
  list: DeviceList,
): Promise<KeyBox> {
  const found = parseContent(signed.content, readBox);
  checkActor(found.actor, delegation.actor);
  if (found.d !== list.d || found.n !== list.n) {
    throw new Malformed("KEY-3.7", "a key box and its list have different numbers");
  }
  const wanted = [NOBODY, ...list.devices.map((device) => device.id)];
  const isWhole = found.entries.every((entry, at) => equal(entry.to, wanted[at] ?? NOBODY));
  if (found.entries.length !== wanted.length || !isWhole) {
    const reason =
      "a key box has an entry for the recovery key and one for each device of its list";
    throw new Malformed("KEY-3.7", reason);
  }
  await signed.check(delegation.listKey, BOX_LABEL);
  return found;
}

/** A signed key box that is all of `data`, not checked yet. */
export function parseBox(data: Bytes): Signed {
  return parseSigned(data, MOST_BOX_BYTES);
}
