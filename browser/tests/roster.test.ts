/** Rosters are what the published vectors have them (`spec/vectors/roster`): their form, and who may make what of them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { Role } from "../device/roles.ts";
import { checkCommit, EXTENSION, parse } from "../device/roster.ts";
import { Refused } from "../errors.ts";
import type { Extension } from "../mls/public/extensions.ts";
import { type Bytes, concat, EMPTY, unhex, utf8 } from "../wire/bytes.ts";
import { opaque, u8, vector } from "../wire/tls.ts";

interface Shape {
  readonly name: string;
  readonly people: Readonly<Record<string, Role>>;
}

interface Vectors {
  readonly roles: readonly Role[];
  readonly forms: readonly { what: string; data: string; clause: string }[];
  readonly before: Shape;
  readonly commits: readonly {
    what: string;
    by: string;
    after: Shape;
    added: readonly string[];
    present: readonly string[];
    outside: boolean;
    more: boolean;
    clause: string;
  }[];
}

const FILE = new URL("../../spec/vectors/roster/rosters.json", import.meta.url);
const VECTORS = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;

function clauseOf(deed: () => unknown): string {
  try {
    deed();
    return "";
  } catch (error) {
    if (error instanceof Refused) return error.clause;
    throw error;
  }
}

/** Written by itself, as what is wrong is not written by the device. */
function written({ name, people }: Shape): Bytes {
  const sorted = Object.entries(people).sort(([a], [b]) => (a < b ? -1 : 1));
  const each = sorted.map(([actor, role]) =>
    concat(opaque(utf8(actor)), u8(1 + VECTORS.roles.indexOf(role))),
  );
  return concat(u8(1), opaque(utf8(name)), vector(each));
}

for (const { what, data, clause } of VECTORS.forms) {
  test(`a roster: ${what}`, () => {
    assert.equal(
      clauseOf(() => parse(unhex(data))),
      clause,
    );
  });
}

for (const one of VECTORS.commits) {
  test(`a commit: ${one.what}`, () => {
    const before: Extension[] = [{ type: EXTENSION, data: written(VECTORS.before) }];
    const after: Extension[] = [{ type: EXTENSION, data: written(one.after) }];
    if (one.more) after.unshift({ type: 0xf1cf, data: EMPTY });
    const { by, added, present, outside: isOutside } = one;
    assert.equal(
      clauseOf(() => checkCommit(before, after, { by, added, present, isOutside })),
      one.clause,
    );
  });
}
