/** Files in sealed chunks, and the files of messages as they are read: the vectors that both cores keep (spec ATT). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { filesIn, rawOf, shownAs, sizeOf } from "../attachments/attached.ts";
import {
  Chunks,
  contextOf,
  Layout,
  openAll,
  opened,
  sealAll,
  sealChunk,
} from "../attachments/chunked.ts";
import { CHUNK, HEAD, paddedSize, sealedSize } from "../attachments/sizes.ts";
import { Malformed, Refused } from "../errors.ts";
import { type Bytes, base64, concat, hex, unbase64, unhex } from "../wire/bytes.ts";

interface Sealed {
  readonly media_type: string;
  readonly length: number;
  readonly key: string;
  readonly salt: string;
  readonly commitment: string;
  readonly sealed: string;
}

interface Wrong {
  readonly shows: string;
  readonly key: string;
  readonly media_type: string;
  readonly length: number;
  readonly edits: { readonly pieces: readonly (string | readonly [number, number])[] };
  readonly clause: string;
  readonly parts: readonly number[] | null;
}

interface Chunked {
  readonly sizes: readonly { length: number; padded: number; sealed: number }[];
  readonly sealed: readonly Sealed[];
  readonly refuse: readonly Wrong[];
}

interface Messages {
  readonly read: readonly { shows: string; raw: string; files: readonly object[]; all: boolean }[];
  readonly said: readonly { raw: string }[];
}

function vectors<T>(name: string): T {
  const url = new URL(`../../spec/vectors/attachments/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as T;
}

const { sizes, sealed, refuse } = vectors<Chunked>("chunked");

function filled(length: number): Bytes {
  return Uint8Array.from({ length }, (_, at) => at % 251);
}

async function clauseOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert(error instanceof Refused, String(error));
    return error.clause;
  }
  return "taken";
}

test("files have few lengths", () => {
  for (const { length, padded, sealed } of sizes) {
    assert.deepEqual([paddedSize(length), sealedSize(padded)], [padded, sealed]);
  }
  assert.throws(() => new Layout(2 ** 32), Malformed);
});

test("files are sealed and opened as the vectors say", async () => {
  for (const one of sealed) {
    const [key, salt] = [unhex(one.key), unhex(one.salt)];
    const chunks = await Chunks.make(key, salt, contextOf(one.media_type, one.length));
    const data = unbase64(one.sealed);
    assert.equal(hex(chunks.commitment), one.commitment);
    assert.deepEqual(await sealAll(chunks, filled(one.length)), data);
    assert.deepEqual(await openAll(key, one.media_type, one.length, data), filled(one.length));
  }
  assert.equal(
    await clauseOf(Chunks.make(new Uint8Array(32), new Uint8Array(24), filled(0))),
    "ATT-1.1",
  );
});

function edited({ edits }: Wrong, data: Bytes): Bytes {
  return concat(
    ...edits.pieces.map((piece) =>
      typeof piece === "string" ? unhex(piece) : data.slice(piece[0], piece[1]),
    ),
  );
}

for (const wrong of refuse) {
  test(`${wrong.shows}: refused, and the rest is read`, async () => {
    const data = edited(wrong, unbase64(sealed.at(-1)?.sealed ?? ""));
    const { length, media_type: type } = wrong;
    const key = unhex(wrong.key);
    assert.equal(await clauseOf(openAll(key, type, length, data)), wrong.clause);
    if (wrong.parts?.length === 0) return;
    const head = opened(key, data, contextOf(type, length));
    if (wrong.parts === null) return void (await assert.rejects(head, /not the file/));
    const [chunks, layout] = [await head, new Layout(length)];
    for (let number = 0; number < layout.count; number++) {
      const part = chunks.open(number, data.slice(...layout.place(number)));
      if (wrong.parts.includes(number)) {
        await assert.rejects(part, { params: { place: number } });
      } else {
        const expected = filled(length).slice(number * CHUNK, (number + 1) * CHUNK);
        assert.deepEqual(layout.shown(number, await part), expected);
      }
    }
  });
}

test("any part is read without the rest", async () => {
  const length = 100_000;
  const chunks = await Chunks.make(
    unhex("00".repeat(16)),
    new Uint8Array(24),
    contextOf("a/b", length),
  );
  const [layout, data] = [new Layout(length), filled(length)];
  for (const [start, stop] of [
    [0, 0],
    [5, 4],
    [0, 1],
    [16_383, 16_385],
    [99_999, 200_000],
    [120_000, 130_000],
  ] as const) {
    const [first, end] = layout.covering(start, stop);
    const found: Bytes[] = [];
    for (let number = first; number < end; number++) {
      const part = data.slice(number * CHUNK, (number + 1) * CHUNK);
      const one = await sealChunk(chunks, layout, number, part);
      found.push(layout.shown(number, await chunks.open(number, one)));
    }
    const from = first === end ? 0 : start - first * CHUNK;
    const expected = start < stop ? data.slice(start, stop) : data.slice(0, 0);
    assert.deepEqual(
      concat(...found)
        .slice(from)
        .slice(0, Math.max(0, stop - start)),
      expected,
    );
  }
  let sum = HEAD;
  for (let number = 0; number < layout.count; number++) sum += layout.size(number);
  assert.equal(sum, layout.sealed);
});

test("the files of messages are read as the other core reads them", () => {
  const { read, said } = vectors<Messages>("messages");
  for (const { shows, raw, files, all } of read) {
    const found = filesIn(raw);
    const shown = found.those.map((one) => ({
      kind: one.kind,
      shown_as: shownAs(one),
      media_type: one.mediaType,
      name: one.name,
      size: sizeOf(one),
      href: one.blob?.href ?? [],
      inline: base64(one.inline),
      width: one.width,
      height: one.height,
      milliseconds: one.milliseconds,
      poster: one.posterType,
    }));
    assert.deepEqual(shown, files, shows);
    assert.equal(found.isAll, all, shows);
  }
  for (const { raw } of said) assert.equal(rawOf(filesIn(raw).those), raw);
  assert.deepEqual(filesIn(""), { those: [], isAll: true });
});
