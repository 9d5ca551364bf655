/** Records of the archive: the vectors that the other implementation wrote (spec/vectors/archive). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Numbers } from "../archive/complete.ts";
import { type DayKey, dayKeyOn, dayOf } from "../archive/days.ts";
import { encode, KINDS, type Kind, type Record, record } from "../archive/record.ts";
import { type ArchiveKey, Keyring, type Sealed } from "../archive/seals.ts";
import { Missing, Refused } from "../errors.ts";
import { type Bytes, hex, unhex, utf8 } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";

type Raw = string | { readonly byte: string; readonly times: number };
interface SealedAsWritten {
  readonly name: string;
  readonly generation: number;
  readonly day: number;
  readonly body: Raw;
}
interface Fields {
  readonly kind: Kind;
  readonly group: string;
  readonly actor: string;
  readonly device: string;
  readonly id: string;
  readonly epoch: number;
  readonly t: number;
  readonly number: number;
  readonly received: number;
  readonly data: Raw;
}
type Written = SealedAsWritten & {
  readonly about: string;
  readonly fields: Fields;
  readonly nonce: string;
  readonly record: Raw;
};
interface Records {
  readonly keys: { readonly [generation: string]: string };
  readonly day_key: { readonly day: number; readonly key: string };
  readonly today: number;
  readonly records: readonly Written[];
}
type Refusal = SealedAsWritten & { readonly why: string; readonly clause: string };
interface Counted {
  readonly here: readonly number[];
  readonly heard: number;
  readonly missing: readonly (readonly [number, number])[];
}

function page<T>(name: string): T {
  const file = new URL(`../../spec/vectors/archive/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

function raw(value: Raw): Bytes {
  if (typeof value === "string") return unhex(value);
  return unhex(value.byte.repeat(value.times));
}

const known = page<Records>("records");
const TODAY = known.today;
const KEYS: readonly ArchiveKey[] = Object.entries(known.keys).map(([generation, key]) => ({
  generation: Number(generation),
  key: unhex(key),
}));
const DAY_KEY: DayKey = { day: known.day_key.day, key: unhex(known.day_key.key) };
const RING = new Keyring(KEYS, DAY_KEY);

function sealed({ name, generation, day, body }: SealedAsWritten): Sealed {
  return { name: unhex(name), generation, day, body: raw(body) };
}

function filled(fields: Fields): Record {
  const { group, device, data } = fields;
  return { ...fields, group: unhex(group), device: unhex(device), data: raw(data) };
}

for (const one of known.records) {
  test(`a record is sealed and opened: ${one.about}`, () => {
    const what = filled(one.fields);
    assert.equal(hex(encode(what)), hex(raw(one.record)));
    assert.deepEqual(RING.open(sealed(one), TODAY), what);
    const ring = new Keyring(
      KEYS.filter((key) => key.generation <= one.generation),
      DAY_KEY,
    );
    const made = ring.seal(what, { draw: () => unhex(one.nonce) }, TODAY, one.day);
    assert.deepEqual(made, sealed(one));
    assert(RING.names(what).some((name) => hex(name) === one.name));
  });
}

for (const one of page<readonly Refusal[]>("refuse")) {
  test(`a record is refused: ${one.why}`, () => {
    assert.throws(
      () => RING.open(sealed(one), TODAY),
      (error) => error instanceof Refused && error.clause === one.clause,
    );
  });
}

test("the day keys are those of the page", () => {
  for (const { day, key } of page<readonly { day: number; key: string }[]>("days")) {
    assert.deepEqual(dayKeyOn(DAY_KEY, day), { day, key: unhex(key) });
  }
  assert.deepEqual(dayKeyOn(DAY_KEY, DAY_KEY.day - 1), DAY_KEY);
  assert.throws(() => dayKeyOn(DAY_KEY, DAY_KEY.day + 10_000), /ARC-3\.3/);
  assert.equal(dayOf(86_400_000), 1);
});

test("what is missing is found", () => {
  for (const { here, heard, missing } of page<readonly Counted[]>("numbers")) {
    const numbers = new Numbers();
    for (const number of here) numbers.add(number);
    numbers.heard(heard);
    assert.deepEqual(numbers.missing(), missing);
  }
});

test("a record that is too long is not made, and nothing is sealed without a key", () => {
  const long = record({ kind: KINDS.create, actor: "a", id: "b", data: new Uint8Array(96 * 1024) });
  assert.throws(() => RING.seal(long, new Seeded("long"), TODAY), /ARC-2\.5/);
  const short = record({ kind: KINDS.create, actor: "a", id: "b", data: utf8("c") });
  assert.throws(() => new Keyring([]).seal(short, new Seeded("none"), TODAY), Missing);
  assert.throws(() => new Keyring(KEYS).seal(short, new Seeded("none"), TODAY, TODAY), /ARC-3\.4/);
});
