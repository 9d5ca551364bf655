/** Pure: a record of the archive in clear, and its bytes (spec ARC-1). */

import { Malformed } from "../errors.ts";
import { type Bytes, EMPTY, join, text, utf8 } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";

const VERSION = 1;
export const LARGEST_NUMBER = Number.MAX_SAFE_INTEGER;
const LONGEST_NAME_BYTES = 2048;
/** The longest group id that a relay takes (E2E-3.1). */
const LONGEST_KEY_BYTES = 256;

/** What happened. The names are those of ActivityStreams, but for a state (ARC-5). */
export const KINDS = { create: 1, update: 2, like: 3, undo: 4, delete: 5, state: 6 } as const;
export type Kind = (typeof KINDS)[keyof typeof KINDS];

/**
 * An event, or a state. `t` and `received` are in milliseconds since 1970.
 *
 * `device` is the signature key of the leaf that said it, `number` which of its words it is; of a
 * state, its version. `data` is what stood in the sealed message.
 */
export interface Record {
  readonly kind: Kind;
  readonly group: Bytes;
  readonly actor: string;
  readonly device: Bytes;
  readonly id: string;
  readonly epoch: number;
  readonly t: number;
  readonly number: number;
  readonly received: number;
  readonly data: Bytes;
}

/** A record in which nothing stands that is not given. */
export function record(given: Pick<Record, "kind" | "actor" | "id"> & Partial<Record>): Record {
  return {
    group: EMPTY,
    device: EMPTY,
    epoch: 0,
    t: 0,
    number: 0,
    received: 0,
    data: EMPTY,
    ...given,
  };
}

export function encode(what: Record): Bytes {
  return join([
    tls.u8(VERSION),
    tls.u8(what.kind),
    tls.opaque(what.group),
    tls.opaque(utf8(what.actor)),
    tls.opaque(what.device),
    tls.opaque(utf8(what.id)),
    ...[what.epoch, what.t, what.number, what.received].map((each) => tls.u64(BigInt(each))),
    tls.opaque(what.data),
  ]);
}

/** As `encode`, of a record that everybody reads. Throws `Malformed` as `read`. */
export function checked(what: Record): Bytes {
  const data = encode(what);
  read(data);
  return data;
}

/** The record, and how long it is without its padding. Throws `Malformed` (ARC-1.2, MLS-2.1). */
export function read(padded: Bytes): readonly [Record, number] {
  const reader = new tls.Reader(padded);
  const version = reader.u8();
  const kind = reader.u8();
  if (version !== VERSION) {
    throw new Malformed(
      "ARC-1.2",
      `a record of version ${version}, which this program cannot read`,
    );
  }
  if (!isKind(kind)) {
    throw new Malformed("ARC-1.2", `a record of kind ${kind}, which this program cannot read`);
  }
  const found: Record = {
    kind,
    group: short(reader.opaque()),
    actor: named(reader.opaque()),
    device: short(reader.opaque()),
    id: named(reader.opaque()),
    epoch: number(reader),
    t: number(reader),
    number: number(reader),
    received: number(reader),
    data: reader.opaque(),
  };
  const size = reader.at;
  if (reader.rest().some((byte) => byte !== 0)) {
    throw new Malformed("ARC-1.2", "bytes that are not zeros follow a record");
  }
  return [found, size];
}

function isKind(kind: number): kind is Kind {
  return Object.values<number>(KINDS).includes(kind);
}

function short(value: Bytes): Bytes {
  if (value.length > LONGEST_KEY_BYTES) {
    throw new Malformed("ARC-1.2", "a group or device whose name is too long");
  }
  return value;
}

function named(value: Bytes): string {
  if (value.length === 0 || value.length > LONGEST_NAME_BYTES) {
    throw new Malformed("ARC-1.2", "an actor or id that is absent or too long");
  }
  try {
    return text(value);
  } catch {
    throw new Malformed("ARC-1.2", "an actor or id that is not UTF-8");
  }
}

function number(reader: tls.Reader): number {
  const value = reader.u64();
  if (value > BigInt(LARGEST_NUMBER)) throw new Malformed("ARC-1.2", "a number above 2^53 - 1");
  return Number(value);
}
