/** What stands in messages is read as the published vectors have it (`spec/vectors/said`). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { read } from "../device/content.ts";
import { htmlOf } from "../device/markdown.ts";
import { plain } from "../device/plain_text.ts";
import { Refused } from "../errors.ts";
import { utf8 } from "../wire/bytes.ts";

function vectors<T>(name: string): readonly T[] {
  const path = new URL(`../../spec/vectors/said/${name}`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as readonly T[];
}

interface SaidVector {
  readonly said: string;
  readonly reads?: object;
  readonly refused?: string;
}

function clauseOf(said: string): string {
  try {
    read(utf8(said));
  } catch (error) {
    if (error instanceof Refused) return error.clause;
    throw error;
  }
  return "accepted";
}

test("what is said is read as the vectors have it", () => {
  for (const { said, reads, refused } of vectors<SaidVector>("content.json")) {
    if (reads === undefined) assert.equal(clauseOf(said), refused, said);
    else assert.deepEqual({ ...read(utf8(said)) }, reads, said);
  }
});

test("small Markdown becomes the HTML that the vectors have", () => {
  for (const { text, html } of vectors<{ text: string; html: string }>("markdown.json")) {
    assert.equal(htmlOf(text), html, text);
  }
});

test("Markdown costs no more than its length", () => {
  const knots = ["**a", "`a", "``", "```\n", "> \n", "*_~~**", "a\n```\nb\n"];
  for (const knot of knots) assert(htmlOf(knot.repeat(20_000)).length > 20_000);
});

test("HTML costs no more than its length", () => {
  const knots = ["<style>", "<style '", "<a '", '<a "', "<!--", "<", "&#", "<p"];
  for (const knot of knots) assert(plain(knot.repeat(50_000)).length <= knot.length * 50_000);
});
