/** Whom a commit puts out: what is written in one way alone names somebody (spec/vectors/put-out). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { told } from "../device/put_out.ts";
import type { Committed } from "../mls/index.ts";
import { unbase64 } from "../wire/bytes.ts";

interface Vectors {
  readonly member: string;
  readonly cases: readonly {
    readonly name: string;
    readonly data: string;
    readonly is_named: boolean;
  }[];
}

const file = new URL("../../spec/vectors/put-out/named.json", import.meta.url);
const { member, cases } = JSON.parse(readFileSync(file, "utf8")) as Vectors;

for (const { name, data, is_named } of cases) {
  test(name, () => {
    const event = { external: false, authenticatedData: unbase64(data) } as unknown as Committed;
    assert.deepEqual(told(event, [member, "https://beta.test/a/bob"]), is_named ? [member] : []);
  });
}
